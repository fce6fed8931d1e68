//! What a wrong rule file is told: the place, what is wrong, and what to write instead.

use cloakroom_rule_compiler::{RuleError, compile, compile_with_warnings};

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
    compile(&source).err().unwrap_or_default().iter().map(|error| told(&source, error)).collect()
}

fn told(source: &str, error: &RuleError) -> String {
    let place = source.get(error.span.clone()).unwrap_or("a span beyond the source");
    let place = place.lines().next().unwrap_or("");
    format!("{place} | {} | {}", error.message, error.help.as_deref().unwrap_or("-"))
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
fn what_is_price_like_is_said_by_true_or_false() {
    assert!(errors("default = ", "price_like = false\ndefault = ").is_empty());
    assert_eq!(
        error("default = ", "price_like = \"yes\"\ndefault = "),
        "\"yes\" | `price_like` must be `true` or `false`, not a string | -"
    );
    assert_eq!(
        error("default = ", "pricelike = true\ndefault = "),
        "pricelike | a slot has no key `pricelike` | did you mean `price_like`?"
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

/// An error after the last line of the good file was replaced by another `show`, `split` or rule.
fn rule(instead: &str) -> String {
    error("show = { hero = \"spring\" }", instead)
}

#[test]
fn splits_that_do_not_add_up_are_told_the_sum() {
    assert_eq!(
        rule("split = { hero = { spring = 10, plain = 80 } }"),
        "{ spring = 10, plain = 80 } | the weights in `hero` must add up to 100: spring 10 + plain 80 = 90 | -"
    );
    for weight in ["0", "100", "-1", "0.5", "\"10\"", "9999999999"] {
        let told = rule(&format!("split = {{ hero = {{ spring = {weight}, plain = 90 }} }}"));
        assert!(
            told.starts_with(&format!("{weight} | a weight must be an integer from 1 to 99 |")),
            "{told}"
        );
    }
    assert_eq!(
        rule("split = { hero = { spring = 99 } }"),
        "{ spring = 99 } | a split has at least two variants | to show one to everybody, use `show`"
    );
    assert!(
        rule("split = { hero = \"spring\" }").contains("a split must be a table of weights, not a string")
    );
    assert!(rule("split = {}").contains("`split` must name weighted variants for at least one slot"));
    assert_eq!(
        rule("show = { hero = \"spring\" }\nsplit = { hero = { spring = 50, plain = 50 } }"),
        "hero | slot `hero` is both in `show` and in `split` | -"
    );
    assert_eq!(
        rule("split = { hero = { sprong = 50, plain = 50 } }"),
        "sprong | slot `hero` has no variant `sprong` | did you mean `spring`?"
    );
    assert_eq!(
        error("country = \"FR\"", "country = \"FR\", bucket = 1"),
        "bucket | `bucket` cannot be asked for in a condition | \
         traffic is split with `split = { hero = { new = 10, old = 90 } }`"
    );
    assert!(rule("priority = 1").contains("a rule needs the key `show` or `split`"));
}

#[test]
fn too_many_cells_are_told_with_the_ranges_of_splits() {
    let signals = "[signals.language]\nreason = \"x\"\n[signals.campaign]\nreason = \"x\"\n[[slot]]";
    let names = |first: char| {
        let names: Vec<_> = (0..100_u8)
            .map(|n| format!("\"{first}{}{}\"", char::from(b'a' + n / 26), char::from(b'a' + n % 26)))
            .collect();
        names.join(", ")
    };
    let source = GOOD.replace("[[slot]]", signals).replace(
        "{ country = \"FR\" }",
        &format!("{{ country = \"FR\", language = [{}], campaign = [{}] }}", names('l'), names('c')),
    );
    let source = source
        + "[[rule]]\nsplit = { hero = { spring = 1, plain = 99 } }\n"
        + "[[rule]]\nsplit = { hero = { spring = 2, plain = 98 } }\n"
        + "[[rule]]\nsplit = { hero = { spring = 3, plain = 97 } }\n"
        + "[[rule]]\nsplit = { hero = { spring = 4, plain = 96 } }\n"
        + "[[rule]]\nsplit = { hero = { spring = 5, plain = 95 } }\n"
        + "[[rule]]\nsplit = { hero = { spring = 6, plain = 94 } }\n"
        + "[[rule]]\nsplit = { hero = { spring = 7, plain = 93 } }\n";
    let told: Vec<_> = compile(&source).err().unwrap_or_default().into_iter().map(|e| e.message).collect();
    assert_eq!(
        told,
        ["country 3 × language 102 × campaign 102 × bucket 9 = 280908 cells, at most 250000 are allowed"]
    );
}

#[test]
fn schedules_know_parts_of_the_day_and_of_the_week_alone() {
    let told = |schedule: &str| {
        error("when = { country = \"FR\" }", &format!("when = {{ country = \"FR\" }}\nschedule = {schedule}"))
    };
    assert_eq!(
        told("{ day = \"monday\" }"),
        "day | a schedule has no key `day` | a plugin sees the part of the day (`daypart`) and of the week \
         (`weekpart`), never the date or the hour"
    );
    assert_eq!(
        told("{ weekpart = \"other\" }"),
        "\"other\" | `other` is no weekpart to put on a schedule | there is `workday`, `weekend`"
    );
    assert_eq!(
        told("{ weekpart = \"weekends\" }"),
        "\"weekends\" | `weekends` is not a weekpart value | did you mean `weekend`?"
    );
    assert!(told("\"evening\"").contains("`schedule` must be a table with `daypart`, `weekpart` or both"));
    assert_eq!(
        told("{ daypart = \"night\" }"),
        "daypart | nothing says why `daypart` is wanted | add `[signals.daypart]` with `reason = \"…\"`"
    );
}

const BLOCK: &str = "
[[slot.block]]
name = \"b\"
fallback = \"en\"
text = \"{t}\"
language = { en = { t = \"one\" }, fr = { t = \"un\" } }
[[rule]]
when = { country = \"DE\" }
show = { hero = \"b\" }
[[rule]]";

fn block(from: &str, to: &str) -> Vec<String> {
    assert!(BLOCK.contains(from), "{from}");
    let reason = "[signals.language]\nreason = \"why\"\n[[slot]]";
    let source = GOOD.replacen("[[rule]]", &BLOCK.replacen(from, to, 1), 1).replacen("[[slot]]", reason, 1);
    compile(&source).err().unwrap_or_default().iter().map(|error| told(&source, error)).collect()
}

#[test]
fn blocks_whose_texts_do_not_fit_are_told_where() {
    assert_eq!(block("name", "name"), Vec::<String>::new());
    assert_eq!(block("t = \"un\"", ""), ["fr | `fr` has no text `t` | add `t = \"…\"` here"]);
    assert_eq!(
        block("\"un\"", "\"un\", tt = \"deux\""),
        ["tt | the block has no place for `tt` | did you mean `t`?"]
    );
    assert_eq!(
        block("fr =", "french-ca =")[0],
        "french-ca | `french-ca` is not a language | a lower-case primary language tag such as `fr`"
    );
    assert_eq!(block("\"en\"", "\"de\""), ["\"de\" | block `b` has no text in `de` | there is `en`, `fr`"]);
    assert_eq!(
        block(", fr = { t = \"un\" }", ""),
        ["\"b\" | a block has text in at least two languages | for one language write a `[[slot.variant]]`"]
    );
    assert_eq!(
        block("{t}", "{t"),
        ["text | a brace stands for nothing here | \
          `{title}` stands for a text; for a brace itself write `{{` or `}}`"]
    );
    assert_eq!(block("name = \"b\"", "name = \"spring\"").len(), 1, "a name is there once");
    let long = format!("\"{}\"", "x".repeat(70_000));
    assert!(block("\"un\"", &long)[0].contains("with the text in `fr` this has more than 65536 bytes"));
    let languages: String = (0..70_u8)
        .map(|n| format!("x{}{} = {{ t = \"1\" }}, ", char::from(b'a' + n / 26), char::from(b'a' + n % 26)))
        .collect();
    assert!(
        block("{ en", &format!("{{ {languages}en"))
            .iter()
            .any(|told| told.contains("with the 72 languages of `b` the slot has 74 variants, at most 64"))
    );
}

#[test]
fn a_block_needs_the_reason_for_its_language() {
    let source = GOOD.replacen("[[rule]]", BLOCK, 1);
    let told: Vec<_> =
        compile(&source).err().unwrap_or_default().iter().map(|error| told(&source, error)).collect();
    assert_eq!(
        told,
        ["\"b\" | nothing says why `language` is wanted | block `b` is shown in the visitor's language: \
          add `[signals.language]` with `reason = \"…\"`"]
    );
}

fn warnings(rules: &str) -> Vec<String> {
    let source = format!("{GOOD}{rules}");
    let compiled = compile_with_warnings(&source).unwrap_or_else(|errors| unreachable!("{errors:#?}"));
    compiled.warnings.iter().map(|warning| told(&source, warning)).collect()
}

#[test]
fn a_rule_that_never_decides_is_told_which_come_before_it() {
    let rule =
        |when: &str, more: &str| format!("[[rule]]\nwhen = {when}\nshow = {{ hero = \"spring\" }}\n{more}");
    assert_eq!(
        warnings(&rule("{ country = \"FR\" }", "")),
        ["\"spring\" | this rule never decides on `hero`: the rule in line 10 always comes before it | \
          move it before that rule, give it a higher `priority`, or remove it"]
    );
    // Together FR and DE take everything that is named, though neither does alone.
    let three = rule("{ country = \"DE\" }", "") + &rule("{ country = [\"FR\", \"DE\"] }", "");
    assert_eq!(
        warnings(&three),
        [
            "\"spring\" | this rule never decides on `hero`: the rules in lines 10, 13 always come before it | \
          move it before those rules, give it a higher `priority`, or remove it"
        ]
    );
    let higher = rule("{ country = [\"FR\", \"DE\"] }", "priority = 1\n");
    assert_eq!(warnings(&higher).len(), 1);
    assert!(warnings(&higher)[0].contains("the rule in line 13"), "{:?}", warnings(&higher));
    assert_eq!(warnings(&rule("{ country = \"europe\" }", "")), Vec::<String>::new());
}

#[test]
fn a_variant_that_nothing_shows_is_named() {
    let source = GOOD.replacen("variant = [", "variant = [{ name = \"winter\" }, ", 1);
    let compiled = compile_with_warnings(&source).unwrap_or_else(|errors| unreachable!("{errors:#?}"));
    let all: Vec<_> = compiled.warnings.iter().map(|warning| told(&source, warning)).collect();
    assert_eq!(
        all,
        ["\"winter\" | no rule ever shows variant `winter` | remove it, or write a rule that shows it"]
    );
}

#[test]
fn a_rule_that_can_never_hold_is_an_error() {
    let both = error("{ country = \"FR\" }", "{ all = [{ country = \"FR\" }, { country = \"DE\" }] }");
    assert!(
        both.starts_with("[[rule]] | this rule can never hold | its conditions exclude each other"),
        "{both}"
    );
    // The only cell in which it would hold is the one about which no plugin is asked.
    let any = "{ country = \"FR\" }\nshow = { hero = \"spring\" }\n[[rule]]\nwhen = { country = \"any\" }";
    assert!(error("{ country = \"FR\" }", any).contains("this rule can never hold"));
}

#[test]
fn what_moves_a_terminal_is_no_part_of_a_text() {
    let version = error("version = \"1\"", "version = \"1\\u001b[2J\"");
    assert_eq!(version, "\"1\\u001b[2J\" | `version` may hold no control character | -");
    let lines = error("version = \"1\"", "version = \"1\\n2\"");
    assert!(lines.contains("`version` may hold no control character"), "{lines}");
    assert_eq!(errors("reason = \"why\"", "reason = \"why\\nand how\""), [] as [String; 0]);
    let reason = error("reason = \"why\"", "reason = \"why\\u0007\"");
    assert!(reason.contains("`reason` may hold no control character"), "{reason}");
}
