//! Everything that reads raw client data: seals it, and lets out signals and a scrubbed request.
