//! What a plugin may put into a page: the sanitizer's door, and the rewriter behind it.
