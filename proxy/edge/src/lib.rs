//! Listens with pingora, seals requests, sends answers, and relays passthrough routes.
