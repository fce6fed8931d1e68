//! What a wrong rule file is told: the place, what is wrong, and what to write instead.

use cloakroom_rule_compiler::compile;

const GOOD: &str = r##"name = "hero"
version = "1"
[signals.country]
reason = "why"
[[slot]]
name = "hero"
selector = "#hero"
default = "plain"
variant = [{ name = "plain" }, { name = "spring", content = "<b>x</b>" }]
[[rule]]
when = { country = "FR" }
show = { hero = "spring" }
"##;

/// Compiles the good file with `from` replaced by `to`; each error as `source | message | help`.
fn errors(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    let source = GOOD.replacen(from, to, 1);
    let told = |error: &cloakroom_rule_compiler::RuleError| {
        let place = source.get(error.span.clone()).unwrap_or("a span beyond the source");
        let place = place.lines().next().unwrap_or("");
        format!("{place} | {} | {}", error.message, error.help.as_deref().unwrap_or("-"))
    };
    compile(&source).err().unwrap_or_default().iter().map(told).collect()
}

fn error(from: &str, to: &str) -> String {
    let mut all = errors(from, to);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.pop().unwrap_or_default()
}

#[test]
fn a_good_file_compiles_to_the_same_component_every_time() {
    let component = compile(GOOD).expect("it is good");
    assert!(component.starts_with(b"\0asm\x0d\0\x01\0"));
    assert_eq!(compile(GOOD).expect("it is good"), component);
}

#[test]
fn misspelt_keys_are_named_with_the_likeliest_right_one() {
    let both = errors("version = \"1\"", "versoin = \"1\"");
    assert!(
        both.contains(&"versoin | a rule file has no key `versoin` | did you mean `version`?".to_owned()),
        "{both:?}"
    );
    assert_eq!(
        error("when = {", "priorty = 1\nwhen = {"),
        "priorty | a rule has no key `priorty` | did you mean `priority`?"
    );
    assert_eq!(
        error("content = ", "contnet = "),
        "contnet | a variant has no key `contnet` | did you mean `content`?"
    );
}

#[test]
fn misspelt_signals_and_values_are_named() {
    assert_eq!(
        error("\"FR\"", "\"fr\""),
        "\"fr\" | `fr` is neither a country code nor a continent | did you mean `FR`?"
    );
    assert_eq!(
        error("\"FR\"", "[\"FR\", \"UK\"]"),
        "\"UK\" | `UK` is neither a country code nor a continent | did you mean `GB`?"
    );
    assert_eq!(
        error("\"FR\"", "\"eurpe\""),
        "\"eurpe\" | `eurpe` is neither a country code nor a continent | \
         a code of ISO 3166-1 such as `FR`, or a continent: did you mean `europe`?"
    );
    assert_eq!(
        error("\"FR\"", "\"none\""),
        "\"none\" | `country` has no value `none` | did you mean `other`?"
    );
    let device = errors("country = \"FR\"", "country = \"FR\", device = \"phones\"");
    assert_eq!(device, ["\"phones\" | `phones` is not a device value | did you mean `phone`?"]);
    assert_eq!(
        error("country = \"FR\"", "country = \"FR\", contry = \"FR\""),
        "contry | `contry` is not a signal | did you mean `country`?"
    );
}

#[test]
fn slots_and_variants_that_are_not_there_are_named() {
    assert_eq!(
        error("{ hero = \"spring\" }", "{ hreo = \"spring\" }"),
        "hreo | there is no slot `hreo` | did you mean `hero`?"
    );
    assert_eq!(
        error("{ hero = \"spring\" }", "{ hero = \"sprong\" }"),
        "\"sprong\" | slot `hero` has no variant `sprong` | did you mean `spring`?"
    );
    assert_eq!(
        error("default = \"plain\"", "default = \"x\""),
        "\"x\" | slot `hero` has no variant `x` | there is `plain`, `spring`"
    );
}

#[test]
fn signals_need_a_reason_and_a_use() {
    assert_eq!(
        error("country = \"FR\"", "country = \"FR\", device = \"phone\""),
        "device | nothing says why `device` is wanted | add `[signals.device]` with `reason = \"…\"`"
    );
    assert_eq!(
        error("[[slot]]", "[signals.device]\nreason = \"why\"\n[[slot]]"),
        "device | no rule looks at `device` | a plugin asks for no more than it uses: remove it"
    );
    assert_eq!(
        error("\"FR\"", "\"any\""),
        "country | the rules name no value of `country` | \
         `other` and `any` mean something only beside values that are named"
    );
}

#[test]
fn conditions_and_edits_that_make_no_sense_are_refused() {
    assert!(
        error("{ country = \"FR\" }", "{ country = \"FR\", all = [] }")
            .contains("a list of conditions is empty")
    );
    assert!(error("{ country = \"FR\" }", "{ country = \"FR\", not = {} }").contains("a condition is empty"));
    assert!(error("\"FR\"", "7").contains("must be a value or a list of values, not an integer"));
    assert!(
        error("content = \"<b>x</b>\"", "content = \"a\", text = \"b\"")
            .contains("both replace what is inside")
    );
    assert!(error("selector = \"#hero\"\n", "").contains("nothing says where in the page this goes"));
    assert!(error("#hero", "#hero [a=b]").contains("attribute selectors are not allowed"));
    let nested = "not = { ".repeat(20) + "country = \"FR\"" + &" }".repeat(20);
    assert!(error("country = \"FR\"", &nested).contains("nested deeper than 16"));
}

#[test]
fn broken_toml_is_told_its_place() {
    let broken = errors("[[slot]]", "[[slot");
    assert!(!broken.is_empty());
    for hostile in ["\0", "\u{feff}a", "a = [[[[[[", "=", "[", &"[".repeat(10_000), &"a.".repeat(5_000)] {
        assert!(compile(hostile).is_err());
    }
    assert!(compile(&" ".repeat(3 * 1024 * 1024)).is_err());
}

#[test]
fn too_much_is_refused_with_the_arithmetic() {
    let slots: String = (0..3)
        .map(|slot| {
            let variants: Vec<_> = (0..11).map(|v| format!("{{ name = \"v{v}\" }}")).collect();
            format!("[[slot]]\nname = \"s{slot}\"\ndefault = \"v0\"\nvariant = [{}]\n", variants.join(", "))
        })
        .collect();
    let told = error("[[rule]]", &format!("{slots}[[rule]]"));
    assert!(
        told.contains("hero 2 × s0 11 × s1 11 × s2 11 = 2662 joint variants, at most 1000 are allowed"),
        "{told}"
    );
}
