//! Rule files: compiled by the proxy's own compiler. Needs no tool.

use cloakroom_rule_compiler::{MAX_SOURCE_BYTES, RuleError, compile_with_warnings};
use cloakroom_settings::{Problem, Source};

use crate::{BuildError, Built, Project};

pub(crate) fn build(project: &Project) -> Result<Built, BuildError> {
    let path = project.folder().join(project.source());
    let size = std::fs::metadata(&path).map_err(|cause| BuildError::file(&path, &cause))?.len();
    if size > MAX_SOURCE_BYTES as u64 {
        let message = format!("`{}` has {size} bytes", project.source().display());
        let help = format!("at most {MAX_SOURCE_BYTES} bytes are allowed");
        return Err(BuildError::wrong(Problem::nowhere(message).help(help)));
    }
    let text = std::fs::read_to_string(&path).map_err(|cause| BuildError::file(&path, &cause))?;
    let source = Source::new(&project.source().display().to_string(), &text);
    let placed = |errors: Vec<RuleError>| errors.into_iter().map(|error| placed(&source, error)).collect();
    let compiled = compile_with_warnings(&text).map_err(|errors| BuildError::Wrong(placed(errors)))?;
    let warnings: Vec<Problem> = placed(compiled.warnings);
    let warnings = warnings.into_iter().map(Problem::warning).collect();
    Ok(Built { component: compiled.component, warnings })
}

fn placed(source: &Source, error: RuleError) -> Problem {
    let problem = source.problem(error.span, "here", error.message);
    match error.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
