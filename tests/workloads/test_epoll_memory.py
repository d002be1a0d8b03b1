"""Nothing is shared: each check finds what the kernel copied."""

from __future__ import annotations


def test_epoll_memory_is_not_shared(one):
    results = one(model="epoll-memory")["results"]
    assert (results["mmap_errno_name"], results["efault_errno_name"]) == ("ENODEV", "EFAULT")
    assert results["events_after_efault"] == 1
    assert results["eventpoll_mappings"] == results["shared_mappings"] == []
    assert [row["ready"] for row in results["rounds"]] == [1, 3, 7]
    for row in results["rounds"]:
        assert row["events_returned"] == row["ready"]
        assert row["changed_before_wait"] == row["canary_changed_outside"] == 0
        assert row["canary_bytes_changed"] == 12 * row["ready"]
