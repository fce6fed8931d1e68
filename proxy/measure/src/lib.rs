//! Events as a closed enum, counted and logged without anything that identifies.
