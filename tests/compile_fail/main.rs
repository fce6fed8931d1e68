//! What would leak must not compile. Each case under `cases/` is named after the leak that it
//! blocks, and its `.stderr` holds the reason that the compiler gives.
//!
//! After a change of toolchain: run with `TRYBUILD=overwrite`, then read the difference.

#[test]
fn leaks_do_not_compile() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
