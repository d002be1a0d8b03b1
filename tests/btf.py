"""Types of an object file, read from its BTF: names, offsets, sizes, enumerators.

Source: Documentation/bpf/btf.rst, include/uapi/linux/btf.h, 6.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _VAR = 1, 2, 3, 4, 5, 6, 14
_ALIASES = {8, 9, 10, 11, 18}
"""typedef, volatile, const, restrict, type tag: another type under one more name."""
_WORDS_BEHIND = {_INT: 1, _ARRAY: 3, _VAR: 1, 17: 1}
_WORDS_PER_MEMBER = {_STRUCT: 3, _UNION: 3, _ENUM: 2, 13: 2, 15: 3, 19: 3}


@dataclass(frozen=True)
class _Type:
    name: str
    kind: int
    size_or_type: int
    words: tuple[int, ...]
    """How many words follow: three per member, two per enumerator."""


class Btf:
    """The types in section ``.BTF`` of an object file, or in a file of raw BTF."""

    def __init__(self, path: Path) -> None:
        file = path.read_bytes()
        data = _section(file, b".BTF") if file.startswith(b"\x7fELF") else file
        magic, header = struct.unpack_from("<HxxI", data)
        assert magic == 0xEB9F
        types_at, types_size, names_at, _ = struct.unpack_from("<IIII", data, 8)
        self._names = data[header + names_at :]
        self._types = [_Type("void", 0, 0, ())]
        self._read(data[header + types_at : header + types_at + types_size])

    def _read(self, data: bytes) -> None:
        words = struct.unpack(f"<{len(data) // 4}I", data)
        at = 0
        while at < len(words):
            name, info, size_or_type = words[at : at + 3]
            kind, members = info >> 24 & 0x1F, info & 0xFFFF
            count = _WORDS_BEHIND.get(kind, 0) + members * _WORDS_PER_MEMBER.get(kind, 0)
            at += 3
            behind = words[at : at + count]
            self._types.append(_Type(self._name(name), kind, size_or_type, behind))
            at += count

    def _name(self, offset: int) -> str:
        return self._names[offset : self._names.index(b"\0", offset)].decode()

    def _find(self, name: str, *kinds: int) -> _Type:
        return next(each for each in self._types if each.name == name and each.kind in kinds)

    def _plain(self, number: int) -> _Type:
        found = self._types[number]
        return self._plain(found.size_or_type) if found.kind in _ALIASES else found

    def size(self, name: str) -> int:
        """Return the size of a struct."""
        return self._find(name, _STRUCT).size_or_type

    def fields(self, name: str) -> list[tuple[str, int, str]]:
        """Return name, offset and type of a struct's members: ``u4``, ``i8``, ``u8*72``."""
        words = self._find(name, _STRUCT).words
        return [
            (self._name(words[at]), words[at + 2] // 8, self._letters(words[at + 1]))
            for at in range(0, len(words), 3)
        ]

    def offset(self, struct: str, path: str) -> int:
        """Return the offset of ``member.member`` in a struct, through unnamed members."""
        at, found = 0, self._find(struct, _STRUCT)
        for name in path.split("."):
            offset, number = next(self._members(found, name))
            at, found = at + offset, self._plain(number)
        return at

    def _members(self, of: _Type, wanted: str) -> Iterator[tuple[int, int]]:
        for at in range(0, len(of.words), 3):
            name, number = self._name(of.words[at]), of.words[at + 1]
            offset = (of.words[at + 2] & 0xFFFFFF) // 8
            if name == wanted:
                yield offset, number
            elif not name and self._plain(number).kind in (_STRUCT, _UNION):
                for inner, its in self._members(self._plain(number), wanted):
                    yield offset + inner, its

    def _letters(self, number: int) -> str:
        found = self._plain(number)
        if found.kind == _INT:
            return f"{'i' if found.words[0] >> 24 & 1 else 'u'}{found.size_or_type}"
        if found.kind == _ARRAY:
            return f"{self._letters(found.words[0])}*{found.words[2]}"
        return found.name

    def enumerators(self, name: str) -> dict[str, int]:
        """Return the names and values of an enum."""
        words = self._find(name, _ENUM).words
        return {self._name(words[at]): words[at + 1] for at in range(0, len(words), 2)}

    def map_entries(self, name: str) -> int:
        """Return ``max_entries`` of a map: an array's length behind a pointer."""
        map_type = self._plain(self._find(name, _VAR).size_or_type)
        members = map_type.words
        pointer = next(
            self._plain(members[at + 1])
            for at in range(0, len(members), 3)
            if self._name(members[at]) == "max_entries"
        )
        return self._plain(pointer.size_or_type).words[2]


def _section(elf: bytes, name: bytes) -> bytes:
    (headers_at,) = struct.unpack_from("<Q", elf, 0x28)
    size, count, names_index = struct.unpack_from("<HHH", elf, 0x3A)
    headers = [struct.unpack_from("<II16xQQ", elf, headers_at + size * i) for i in range(count)]
    names = elf[headers[names_index][2] :]
    for name_at, _, offset, length in headers:
        if names[name_at : names.index(b"\0", name_at)] == name:
            return elf[offset : offset + length]
    raise AssertionError(f"no section {name.decode()}")
