//! The leak harness as a command: Cloakroom beside nginx, as a table or as JSON. Fails if anything
//! reached the origin that the variant and GPC do not account for, or if there is no nginx.

use std::path::PathBuf;
use std::process::ExitCode;

use cloakroom_leak::{Failure, Report, Watched, identities, watch};
use serde_json::json;

const USAGE: &str =
    "--cloakroom PROGRAM [--nginx PROGRAM] [--identities N] [--crowd K] [--seed N] [--json FILE]";

struct Arguments {
    cloakroom: PathBuf,
    nginx: PathBuf,
    identities: u32,
    crowd: u32,
    seed: u64,
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("nothing is proved: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = arguments(std::env::args().skip(1))?;
    let visitors = identities(arguments.identities)?;
    let ours =
        Report::of(&watch(&arguments.cloakroom, &visitors, arguments.crowd, arguments.seed)?, arguments.seed);
    let theirs = Report::of(&Watched::nginx(&arguments.nginx, &visitors, arguments.seed)?, arguments.seed);
    println!("{}", ours.table(Some(&theirs)));
    if let Some(file) = &arguments.json {
        let both = json!({ "crowd": arguments.crowd, "cloakroom": ours.json(), "nginx": theirs.json() });
        std::fs::write(file, format!("{both:#}\n"))?;
    }
    ours.check(arguments.crowd as usize)?;
    theirs.check_contrast()
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
    let mut cloakroom = None;
    let mut arguments = Arguments {
        cloakroom: PathBuf::new(),
        nginx: "nginx".into(),
        identities: 400,
        crowd: 10,
        seed: 1,
        json: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` has no value: {USAGE}"))?;
        match word.as_str() {
            "--cloakroom" => cloakroom = Some(value.into()),
            "--nginx" => arguments.nginx = value.into(),
            "--identities" => arguments.identities = value.parse()?,
            "--crowd" => arguments.crowd = value.parse()?,
            "--seed" => arguments.seed = value.parse()?,
            "--json" => arguments.json = Some(value.into()),
            _ => return Err(format!("`{word}` is not known: {USAGE}").into()),
        }
    }
    arguments.cloakroom = cloakroom.ok_or_else(|| format!("no `--cloakroom`: {USAGE}"))?;
    Ok(arguments)
}
