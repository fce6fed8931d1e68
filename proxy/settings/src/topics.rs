//! The topics of `interest`: their names, and the paths of their pages.

use cloakroom_vocabulary::MAX_TOPICS;

use crate::bounds;
use crate::checker::Checker;
use crate::raw::{Interest, Text, Topic};
use crate::route_parts::path_of;

/// The topics that are looked at.
fn topics(raw: Option<&Interest>) -> &[Topic] {
    let all = raw.map_or(&[][..], |interest| interest.topics.as_slice());
    all.get(..MAX_TOPICS).unwrap_or(all)
}

/// The names as they are written, at most [`MAX_TOPICS`].
pub(crate) fn names(checker: &mut Checker<'_>, raw: Option<&Interest>) -> Vec<Text> {
    if let Some((over, count)) =
        raw.and_then(|interest| Some((interest.topics.get(MAX_TOPICS)?, interest.topics.len())))
    {
        let help = format!("at most {MAX_TOPICS} are allowed: join some");
        checker.report(over.name.span(), "one too many", format!("the site declares {count} topics"), help);
    }
    topics(raw).iter().map(|topic| topic.name.clone()).collect()
}

/// The paths of each topic, in order.
pub(crate) fn paths(checker: &mut Checker<'_>, raw: Option<&Interest>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for topic in topics(raw) {
        let entries = checker.list("paths", bounds::MAX_TOPIC_PATHS, true, Some(&topic.paths));
        let read = |path: &str| path_of("a topic", path, true).map(|()| path.to_owned());
        all.push(checker.each(entries, read));
    }
    all
}
