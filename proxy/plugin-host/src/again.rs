//! Whether a plugin that is asked everything a second time answers the same. What remembers earlier
//! questions, or asks something that is not in the cell, is no function of the cell.

use cloakroom_rewrite::Edit;

use crate::caller::Answer;
use crate::error::{Export, LoadError};
use crate::manifest::Manifest;

/// The questions 0 to `count` - 1 in another order: neighbours here are far apart there.
pub(crate) struct Order {
    count: u32,
    step: u32,
}

impl Order {
    pub(crate) fn of(count: u32) -> Self {
        // A step without a common factor meets every question once before it meets one twice.
        let golden = u32::try_from(u64::from(count) * 618 / 1_000).unwrap_or(count);
        let step = (golden..=count.max(1)).find(|step| divisor(*step, count) == 1).unwrap_or(1);
        Self { count, step }
    }

    /// The question at a position.
    pub(crate) fn at(&self, position: u32) -> u32 {
        let question = u64::from(position) * u64::from(self.step) % u64::from(self.count.max(1));
        u32::try_from(question).unwrap_or(0)
    }
}

fn divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { divisor(other, one % other) }
}

/// Compares what `decide` has answered about a cell: choices, and the number of instructions, which no
/// plugin without a memory can change.
pub(crate) fn decided(
    manifest: &Manifest,
    cell: impl FnOnce() -> String,
    first: Answer,
    second: Answer,
) -> Result<(), LoadError> {
    if first == second {
        return Ok(());
    }
    let words = |answer: Answer| match u16::try_from(answer.answer) {
        Ok(choice) if choice < manifest.choices() => manifest.choice_in_words(choice),
        _ => answer.answer.to_string(),
    };
    let (first, second) = if first.answer == second.answer {
        let with = |answer: Answer| format!("{} after {} instructions", words(answer), answer.fuel);
        (with(first), with(second))
    } else {
        (words(first), words(second))
    };
    Err(LoadError::Differs { export: Export::Decide(cell()), first, second })
}

/// Compares what `render` has returned for a variant.
pub(crate) fn rendered(variant: &str, first: &[Edit], second: &[Edit]) -> Result<(), LoadError> {
    if first == second {
        return Ok(());
    }
    let same = first.iter().zip(second).take_while(|(one, other)| one == other).count();
    Err(LoadError::Differs {
        export: Export::Render(variant.to_owned()),
        first: format!("{} edits", first.len()),
        second: format!("{} edits, of which edit {} is another", second.len(), same + 1),
    })
}

/// Compares two manifests.
pub(crate) fn described(first: &Manifest, second: &Manifest) -> Result<(), LoadError> {
    if first == second {
        return Ok(());
    }
    let words = |manifest: &Manifest| format!("{} {}", manifest.name(), manifest.version());
    Err(LoadError::Differs {
        export: Export::Describe,
        first: words(first),
        second: format!("another manifest ({})", words(second)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_order_has_every_question_once() {
        for count in (0..300).chain([1_000, 4_097, 65_536, 250_000]) {
            let order = Order::of(count);
            let mut asked: Vec<_> = (0..count).map(|position| order.at(position)).collect();
            if count > 4 {
                assert_ne!(asked, (0..count).collect::<Vec<_>>(), "{count}");
            }
            asked.sort_unstable();
            assert_eq!(asked, (0..count).collect::<Vec<_>>());
        }
    }

    fn manifest() -> Manifest {
        let slot = crate::Slot {
            name: "hero".into(),
            variants: vec!["plain".into(), "spring".into()],
            default: 0,
            delivery: crate::Delivery::Edits,
            price_like: false,
        };
        Manifest {
            name: "test".into(),
            version: "1".into(),
            slots: vec![slot],
            signals: Vec::new(),
            bucket_ranges: Vec::new(),
            domain: cloakroom_vocabulary::Domain::new(Vec::new()).unwrap(),
            choices: 2,
        }
    }

    #[test]
    fn another_answer_is_refused_with_the_cell_and_both_answers() {
        let compare = |first: (u32, u64), second: (u32, u64)| {
            let answer = |(answer, fuel)| Answer { answer, fuel };
            decided(&manifest(), || "device=tv".to_owned(), answer(first), answer(second))
                .map_err(|refusal| refusal.to_string())
        };
        assert_eq!(compare((1, 7), (1, 7)), Ok(()));
        assert_eq!(
            compare((1, 7), (0, 7)).unwrap_err(),
            "`decide` for device=tv: first it answers `hero=spring`, asked again `hero=plain`"
        );
        assert_eq!(
            compare((0, 7), (9, 7)).unwrap_err(),
            "`decide` for device=tv: first it answers `hero=plain`, asked again 9"
        );
        assert_eq!(
            compare((1, 7), (1, 8)).unwrap_err(),
            "`decide` for device=tv: first it answers `hero=spring` after 7 instructions, asked again \
             `hero=spring` after 8 instructions"
        );
    }

    #[test]
    fn other_edits_and_another_manifest_are_refused() {
        let edit = |selector: &str| Edit::Remove { selector: selector.to_owned() };
        assert_eq!(rendered("a=b", &[edit("p")], &[edit("p")]), Ok(()));
        let refusal = rendered("a=b", &[edit("p"), edit("b")], &[edit("p"), edit("i")]).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "`render` of a=b: first it answers 2 edits, asked again 2 edits, of which edit 2 is another"
        );
        let other = Manifest { version: "2".into(), ..manifest() };
        assert_eq!(described(&manifest(), &manifest()), Ok(()));
        assert_eq!(
            described(&manifest(), &other).unwrap_err().to_string(),
            "`describe`: first it answers test 1, asked again another manifest (test 2)"
        );
    }
}
