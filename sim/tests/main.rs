//! Seeds that are lived at every change.
