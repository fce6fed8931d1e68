//! A rule file. It becomes a component, the same each time, or errors with places inside the file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    match cloakroom_rule_compiler::compile(source) {
        Ok(component) => assert_eq!(Ok(component), cloakroom_rule_compiler::compile(source)),
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(source.get(error.span.clone()).is_some(), "{error:?}");
            }
        }
    }
});
