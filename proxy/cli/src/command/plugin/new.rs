//! `cloakroom plugin new --lang LANGUAGE NAME [DIR]`: starts a plugin from the example of its language.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use cloakroom_toolchain::{Language, scaffold, starters};
use serde_json::json;

use crate::exit::Exit;
use crate::report::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What it is written in.
    #[arg(long = "lang", value_name = "LANGUAGE", value_parser = languages())]
    language: Language,
    /// The plugin's name: 1 to 64 of a-z, 0-9 and `-`, a letter first.
    #[arg(value_name = "NAME")]
    name: String,
    /// The folder to write into; NAME unless given. Nothing in it is overwritten.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

fn languages() -> impl TypedValueParser<Value = Language> {
    let names = starters().into_iter().map(Language::name);
    // Only names of languages get here.
    PossibleValuesParser::new(names).map(|name| Language::named(&name).unwrap_or(Language::Rules))
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if let Err(problem) = scaffold(args.language, &args.name, &folder) {
        output.problem(&problem);
        return Exit::Failure;
    }
    let shown = folder.display();
    let text = format!(
        "started {} in {shown}: read its README.md, then\n\n  cloakroom plugin build {shown}\n",
        args.name
    );
    output.result(
        &text,
        || json!({ "name": args.name, "language": args.language.name(), "folder": shown.to_string() }),
    );
    Exit::Success
}
