//! The cache of variants, stored ready to send.
