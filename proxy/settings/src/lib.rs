//! Reads the configuration files strictly and lowers them to each room's own configuration.
