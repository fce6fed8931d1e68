//! Builds the upstream request from an allow-list and fetches it.
