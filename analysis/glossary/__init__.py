"""The words of reports and pages, and docs/glossary.md."""
