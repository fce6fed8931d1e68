//! What a hit of Cloakroom costs as its site grows: a small site and a large one take turns, and the same
//! requests go to both.

mod sites;

use std::rc::Rc;

use serde_json::{Value, json};

use super::{AT_ONCE, Bench};
use crate::Failure;
use crate::client::{Client, Transport};
use crate::load::Load;
use crate::questions::Questions;
use crate::report::{Bar, Section};
use crate::rounds::{Effort, Round, measure};
use crate::servers::{Server, Site};

/// The most that the cost may grow by.
const AIM: f64 = 1.1;

/// One end: a site, and what is asked there.
struct End {
    site: Site,
    questions: Rc<dyn Questions>,
    /// Asked once before, to fill the cache.
    filling: Option<(Rc<dyn Questions>, usize)>,
}

/// One way to grow.
struct Growth {
    name: String,
    near: End,
    far: End,
    /// What else is asked of the far end, under another name.
    also: Option<(String, Rc<dyn Questions>)>,
}

/// All ways to grow.
pub(super) fn flat(bench: &Bench<'_>) -> Result<Section, Failure> {
    let mut section = Section::words(
        "Flat in scale",
        "A hit of Cloakroom over HTTP/1.1, on two sites that differ in one number. Pages are asked for as often as \
         real ones: the tenth as often as the hundredth is 10:1 (Zipf's law), where there are many of them. Growth of \
         at most 10 % is aimed at.",
    );
    section.head = ["from, to", "CPU µs a hit before", "after", "growth"].map(str::to_owned).to_vec();
    let mut figures = Vec::new();
    for growth in sites::all(bench.arguments.quick, bench.visitors)? {
        figures.extend(one(bench, &growth, &mut section)?);
    }
    section.figures = figures.into();
    Ok(section)
}

fn one(bench: &Bench<'_>, growth: &Growth, section: &mut Section) -> Result<Vec<Value>, Failure> {
    eprintln!("{} …", growth.name);
    let folder = bench.folder("scale")?;
    let cpus = [bench.serving];
    let setup = bench.setup(&folder, &cpus);
    let start = |end: &End| -> Result<Server, Failure> {
        let server = Server::cloakroom(&bench.arguments.cloakroom, &end.site, &setup)?;
        fill(bench.load, &server, end)?;
        Ok(server)
    };
    let servers = [start(&growth.near)?, start(&growth.far)?];
    let [near, far] = &servers;
    let mut asked = vec![
        (growth.name.clone(), near, &growth.near.questions),
        (growth.name.clone(), far, &growth.far.questions),
    ];
    if let Some((name, questions)) = &growth.also {
        asked.push((name.clone(), far, questions));
    }
    let clients = asked.into_iter().filter_map(|(name, server, questions)| {
        Some(Client::new(server, &Transport::Http1, AT_ONCE, questions)?.called(&name))
    });
    let mut clients: Vec<Client<'_>> = clients.collect();
    let effort = Effort { latencies: false, calls: false, ..bench.effort() };
    let measured = measure(bench.load, &mut clients, effort)?;
    let mut figures = Vec::new();
    let Some((before, after)) = measured.split_first() else { return Ok(figures) };
    for after in after {
        let ratio = after.against(before, Round::cpu_each);
        let (costs, cost) = (before.spread(Round::cpu_each), after.spread(Round::cpu_each));
        let row = [after.name.clone(), costs.words(2), cost.words(2), format!("**{}**", ratio.words(3))];
        section.rows.push(row.to_vec());
        let names = (&after.name, costs.json(), cost.json(), ratio.json());
        figures
            .push(json!({ "growth": names.0, "before_us": names.1, "after_us": names.2, "ratio": names.3 }));
        section.bars.push(Bar { label: after.name.clone(), ratio, aim: Some(AIM) });
    }
    Ok(figures)
}

/// Puts into the cache what has to be there before anything is measured.
fn fill(load: &Load, server: &Server, end: &End) -> Result<(), Failure> {
    let Some((questions, count)) = &end.filling else { return Ok(()) };
    let mut client =
        Client::new(server, &Transport::Http1, AT_ONCE, questions).ok_or("HTTP/1.1 is not spoken")?;
    load.round(&mut client, *count, None).map(drop)
}
