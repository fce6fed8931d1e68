//! Counts crowds without storing anyone, and generalizes cells until enough people share them.
