//! Reads the Markdown tables that tests compare the workspace with.

use crate::workspace::text;

/// The page with the tables.
pub(crate) const PAGE: &str = "proxy/ARCHITECTURE.md";

/// The rows of the table that opens with exactly this line, each as its cells; backticks and
/// commas are left in.
pub(crate) fn rows(header: &str) -> Vec<Vec<String>> {
    let page = text(PAGE);
    let mut lines = page.lines().skip_while(|line| *line != header);
    assert!(lines.next().is_some(), "{PAGE} has no table that opens with `{header}`");
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The words in a cell that stand in backticks.
pub(crate) fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}
