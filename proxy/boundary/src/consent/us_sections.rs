//! The sections of a GPP string for the United States (IAB Tech Lab, "Global Privacy Platform", sections
//! `usnat` and those of the states): fields of two bits each, of which 3 is no value.
//!
//! A visitor objects by any choice that says no: opted out of sale, sharing or targeted advertising; no
//! consent to the processing of sensitive data, of a known child's data, or of data for other purposes
//! than those disclosed; Global Privacy Control. Whether a notice was given is read past. A section that
//! is silent grants nothing.
//!
//! Indiana, Kentucky, Maryland and Rhode Island stand here as the IAB's own encoder writes them, without
//! the header that their specifications put before each.

use super::bits::Bits;

/// The fields of a section's core behind its version.
struct Layout {
    section: u32,
    version: u32,
    /// Fields about notices: 0, 1 or 2.
    notices: u32,
    /// Fields about choices: 1 is a no.
    choices: u32,
    agreement: Agreement,
}

/// Where a core says how its sender takes part in the IAB's agreement between companies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Agreement {
    /// Behind the choices, in three fields.
    Last,
    /// Before the notices, in two fields.
    First,
}

const fn layout(section: u32, version: u32, notices: u32, choices: u32) -> Layout {
    Layout { section, version, notices, choices, agreement: Agreement::Last }
}

const fn newer(section: u32, choices: u32) -> Layout {
    Layout { section, version: 1, notices: 3, choices, agreement: Agreement::First }
}

/// Choices are those of sale, sharing and targeted advertising; those of kinds of sensitive data; those
/// of known children; and that of other purposes.
const LAYOUTS: &[Layout] = &[
    // National.
    layout(7, 1, 6, 3 + 12 + 2 + 1),
    layout(7, 2, 6, 3 + 16 + 3 + 1),
    // Some encoders called the second version the first. No text can be read both ways: where one ends,
    // the other has a field that is never 0.
    layout(7, 1, 6, 3 + 16 + 3 + 1),
    // California, Virginia, Colorado, Utah, Connecticut.
    layout(8, 1, 3, 2 + 9 + 2 + 1),
    layout(9, 1, 3, 2 + 8 + 1),
    layout(10, 1, 3, 2 + 7 + 1),
    layout(11, 1, 4, 2 + 8 + 1),
    layout(12, 1, 3, 2 + 8 + 3),
    // Florida, Montana, Oregon, Texas.
    layout(13, 1, 3, 2 + 8 + 3 + 1),
    layout(14, 1, 3, 2 + 8 + 3 + 1),
    layout(15, 1, 3, 2 + 11 + 3 + 1),
    layout(16, 1, 3, 2 + 8 + 1 + 1),
    // Delaware, Iowa, Nebraska, New Hampshire, New Jersey, Tennessee, Minnesota.
    layout(17, 1, 3, 2 + 9 + 5 + 1),
    layout(18, 1, 4, 2 + 8 + 1),
    layout(19, 1, 3, 2 + 8 + 1 + 1),
    layout(20, 1, 3, 2 + 8 + 3 + 1),
    layout(21, 1, 3, 2 + 10 + 5 + 1),
    layout(22, 1, 3, 2 + 8 + 1 + 1),
    layout(23, 1, 3, 2 + 8 + 1 + 1),
    // Maryland; Indiana, Kentucky, Rhode Island, whose choices of sensitive data are a segment.
    newer(MARYLAND, 2 + 1),
    newer(25, 2 + 1 + 1),
    newer(26, 2 + 1 + 1),
    newer(27, 2 + 1 + 1),
];

const MARYLAND: u32 = 24;
/// Kinds of sensitive data in a segment of their own.
const SENSITIVE: u32 = 8;

/// Whether a section, by its number in the list of the IAB, is well formed and does not object.
pub(super) fn is_silent(section: u32, text: &[u8]) -> bool {
    read(section, text) == Some(true)
}

fn read(section: u32, text: &[u8]) -> Option<bool> {
    let mut segments = text.split(|byte| *byte == b'.');
    let mut bits = Bits::new(segments.next()?);
    let version = bits.number(6)?;
    let mut fitting =
        LAYOUTS.iter().filter(|layout| (layout.section, layout.version) == (section, version)).peekable();
    let has_sensitive = fitting.peek()?.agreement == Agreement::First && section != MARYLAND;
    let mut silent = fitting.find_map(|layout| layout.read(bits.clone()))?;
    if let Some(segment) = segments.next() {
        let mut bits = Bits::new(segment);
        silent &= if has_sensitive { choices(&mut bits, SENSITIVE)? } else { !gpc(&mut bits)? };
        if !bits.is_at_end() {
            return None;
        }
    }
    segments.next().is_none().then_some(silent)
}

impl Layout {
    /// Whether a core of this layout is silent.
    fn read(&self, mut bits: Bits<'_>) -> Option<bool> {
        if self.agreement == Agreement::First {
            agreement(&mut bits, 1)?;
        }
        for _ in 0..self.notices {
            field(&mut bits)?;
        }
        let silent = choices(&mut bits, self.choices)?;
        if self.agreement == Agreement::Last {
            agreement(&mut bits, 2)?;
        }
        bits.is_at_end().then_some(silent)
    }
}

/// Whether the transaction is covered, which is always told, and modes.
fn agreement(bits: &mut Bits<'_>, modes: u32) -> Option<()> {
    if field(bits)? == 0 {
        return None;
    }
    (0..modes).try_for_each(|_| field(bits).map(|_| ()))
}

/// Whether none of the next `count` choices says no.
fn choices(bits: &mut Bits<'_>, count: u32) -> Option<bool> {
    (0..count).try_fold(true, |silent, _| Some(silent & (field(bits)? != 1)))
}

fn field(bits: &mut Bits<'_>) -> Option<u32> {
    bits.number(2).filter(|value| *value < 3)
}

/// The subsection of Global Privacy Control: its type, which is 1, and whether it is on.
fn gpc(bits: &mut Bits<'_>) -> Option<bool> {
    if bits.number(2)? != 1 {
        return None;
    }
    bits.flag()
}

#[cfg(test)]
mod tests {
    use super::super::bits::tests::text;
    use super::*;

    /// A text of two-bit fields behind a version.
    fn core(version: u32, fields: &[u32]) -> Vec<u8> {
        let mut bits: Vec<bool> = (0..6).rev().map(|at| version >> at & 1 == 1).collect();
        bits.extend(fields.iter().flat_map(|field| [field >> 1 & 1 == 1, field & 1 == 1]));
        text(&bits)
    }

    /// The fields of a core in which nobody objects, and which of them are choices.
    fn silent(layout: &Layout) -> (Vec<u32>, std::ops::Range<usize>) {
        let (notices, choices) = (vec![1; layout.notices as usize], vec![2; layout.choices as usize]);
        let (fields, first) = match layout.agreement {
            Agreement::Last => ([notices.clone(), choices.clone(), vec![2, 0, 0]].concat(), notices.len()),
            Agreement::First => ([vec![2, 0], notices.clone(), choices.clone()].concat(), notices.len() + 2),
        };
        (fields, first..first + choices.len())
    }

    #[test]
    fn each_choice_objects_and_no_notice_does() {
        for layout in LAYOUTS {
            let (section, version) = (layout.section, layout.version);
            let (fields, choices) = silent(layout);
            assert!(is_silent(section, &core(version, &fields)), "section {section}");
            for at in 0..fields.len() {
                let with = |value| {
                    let mut fields = fields.clone();
                    fields[at] = value;
                    is_silent(section, &core(version, &fields))
                };
                assert_eq!(with(1), !choices.contains(&at), "section {section}, field {at} says 1");
                assert!(!with(3), "section {section}, field {at} has no value");
            }
            assert!(!is_silent(section, &core(version + 2, &fields)), "section {section}");
            assert!(!is_silent(section, &core(version, &fields[1..])), "section {section}, one field less");
            let longer = [&fields[..], &[0; 12]].concat();
            assert!(!is_silent(section, &core(version, &longer)), "section {section}, more than padding");
        }
    }

    #[test]
    fn gpc_and_sensitive_data_object_in_segments_of_their_own() {
        let (fields, _) = silent(&LAYOUTS[0]);
        let nation = |segments: &str| is_silent(7, &[&core(1, &fields)[..], segments.as_bytes()].concat());
        // 01 0, and 01 1.
        assert!(nation(".QA") && nation(".Q"));
        for objecting in [".YA", ".Y", ".AA", ".", ".QA.QA", ".QAAAAAA", ".*", ".gA"] {
            assert!(!nation(objecting), "{objecting}");
        }
        let (fields, _) = silent(LAYOUTS.last().unwrap());
        let island = |segment: &[u8]| is_silent(27, &[&core(1, &fields)[..], b".", segment].concat());
        assert!(island(b"qqg") && island(b"AAA"));
        assert!(!island(b"qqQ") && !island(b"VAA") && !island(b"QA"));
    }

    #[test]
    fn strings_from_the_wild_are_read() {
        // Written by OneTrust and Didomi, for visitors who did not object and who did.
        assert!(is_silent(7, b"BVQqAAAACgA.QA") && is_silent(7, b"BAQCAAAACZA.QA"));
        assert!(!is_silent(7, b"BVQVAAAABgA.QA"));
        assert!(is_silent(8, b"BUoAAAKU.QA"));
    }
}
