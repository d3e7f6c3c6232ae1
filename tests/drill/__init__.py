"""What breaks or loads servers, or needs software that CI has not: `make drill` (docs/drill.md)."""
