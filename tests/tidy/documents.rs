//! Links between the documents lead somewhere.

use std::path::Path;

use crate::workspace::{files, none_of, root, text};

#[test]
fn links_between_documents_lead_to_files() {
    let mut documents = files(&["proxy", "plugins", "policies", "tests", "benches"], ".md");
    documents.push("README.md".into());
    let mut wrong = Vec::new();
    for document in &documents {
        let folder = document.parent().unwrap_or(Path::new(""));
        for target in links(&text(document)) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !root().join(folder).join(path).exists() {
                wrong.push(format!("{}: `{target}` is not there", document.display()));
            }
        }
    }
    none_of(&wrong);
}

/// The targets of a document's links.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).collect()
}
