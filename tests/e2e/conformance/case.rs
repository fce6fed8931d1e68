//! A case: what the origin answers, what a client asks, and what it has to get.

/// A case, as it is written.
pub struct Case {
    pub file: &'static str,
    pub line: usize,
    /// The RFC and its section: `9111 4.2.1`.
    pub section: String,
    pub name: String,
    /// The route that it is about.
    pub route: String,
    /// What it cannot do without.
    pub needs: Vec<String>,
    pub steps: Vec<(usize, Step)>,
}

pub enum Step {
    /// From now on the origin answers like this.
    Origin(Answer),
    /// And like this to a request that brings the validators of that answer.
    Confirm(Fields),
    /// A client asks.
    Ask { method: String, suffix: String, fields: Fields, body: String },
    /// And gets this.
    Expect(Expected),
    /// The origin has seen this in its last request.
    Saw(Vec<Match>),
    /// So many requests have reached the origin since the case began.
    Asked(usize),
    /// So many milliseconds pass.
    Wait(u64),
}

pub type Fields = Vec<(String, String)>;

/// What the origin answers.
#[derive(Clone, Default)]
pub struct Answer {
    /// `None` closes the connection instead.
    pub status: Option<u16>,
    pub fields: Fields,
    /// `None` is a body that tells how many answers there were.
    pub body: Option<String>,
    /// Milliseconds until it answers.
    pub delay: u64,
}

/// What a client has to get.
pub struct Expected {
    pub status: u16,
    pub source: Source,
    pub body: Body,
    pub fields: Vec<Match>,
}

/// Where an answer has to be from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The origin was asked once, and answered with a body.
    Origin,
    /// The origin was asked more than once, which some routes do to compare its answers.
    Fetched,
    /// The origin was asked once, and said that nothing has changed.
    Confirmed,
    /// Nobody was asked.
    Cache,
    /// From the store; whether somebody was asked does not matter.
    Stale,
    /// From nowhere: an answer of the proxy's own.
    Own,
}

pub enum Body {
    /// That of the origin's last answer.
    Last,
    /// That of the origin's answer with this number, from 1.
    Number(usize),
    /// This one.
    Text(String),
    Empty,
    Any,
}

/// What has to be true of a field.
pub struct Match {
    pub name: String,
    pub value: Value,
}

pub enum Value {
    Is(String),
    Has(String),
    Between(i64, i64),
    Any,
    Missing,
}
