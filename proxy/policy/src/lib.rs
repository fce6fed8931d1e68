//! Who may see which signal at which grain: Cedar, evaluated ahead into a permit table.
