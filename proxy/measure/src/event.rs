//! The closed lists of what can be counted.

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// From the cache, fresh.
    Hit,
    /// After a fetch from the origin, or from a stored page that had no such variant yet.
    Miss,
    /// From the cache although no longer fresh, since the origin could not answer.
    Stale,
    /// Relayed both ways with identity.
    Passthrough,
    /// Not answered as asked: unknown host, undeclared method, malformed.
    Refused,
    /// The origin could not answer, and there was no stored copy.
    Failed,
    /// By Cloakroom itself: the preference page and what belongs to it.
    Own,
}

impl Outcome {
    /// All outcomes, in the order of their counters.
    pub const ALL: [Self; 7] =
        [Self::Hit, Self::Miss, Self::Stale, Self::Passthrough, Self::Refused, Self::Failed, Self::Own];

    /// The name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Passthrough => "passthrough",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Own => "own",
        }
    }
}

/// What an operator should know about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Connecting to or reading from the origin failed.
    OriginUnreachable,
    /// The origin could not prove over TLS that it is the origin.
    OriginUntrusted,
    /// The origin answered with a server error.
    OriginError,
    /// The origin's answer is larger than the limit.
    PageTooLarge,
    /// The origin marked its answer as not for sharing.
    Unstorable,
    /// A page could not be rewritten; it went out without edits, or not at all if it could not be
    /// cleansed either.
    NotRewritten,
    /// A route was asked for more distinct addresses than it may have in an epoch.
    TooManyPaths,
    /// A method that no route declares.
    MethodNotDeclared,
    /// A host that no site has.
    UnknownHost,
    /// An include could not be resolved; the place keeps the origin's content.
    FragmentMissing,
    /// A page that is shown to everyone came back different when it was fetched again.
    DiffersByFetch,
}

impl Trouble {
    /// All troubles, in the order of their counters.
    pub const ALL: [Self; 11] = [
        Self::OriginUnreachable,
        Self::OriginUntrusted,
        Self::OriginError,
        Self::PageTooLarge,
        Self::Unstorable,
        Self::NotRewritten,
        Self::TooManyPaths,
        Self::MethodNotDeclared,
        Self::UnknownHost,
        Self::FragmentMissing,
        Self::DiffersByFetch,
    ];

    /// The name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OriginUnreachable => "origin-unreachable",
            Self::OriginUntrusted => "origin-untrusted",
            Self::OriginError => "origin-error",
            Self::PageTooLarge => "page-too-large",
            Self::Unstorable => "unstorable",
            Self::NotRewritten => "not-rewritten",
            Self::TooManyPaths => "too-many-paths",
            Self::MethodNotDeclared => "method-not-declared",
            Self::UnknownHost => "unknown-host",
            Self::FragmentMissing => "fragment-missing",
            Self::DiffersByFetch => "differs-by-fetch",
        }
    }

    /// What happened and what to do about it, for the log.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::OriginUnreachable => {
                "the origin cannot be reached; visitors get stored copies or an error page"
            }
            Self::OriginUntrusted => {
                "the origin's certificate does not prove that it is the host in `origin`; name the \
                 authority that it is from in `origin_ca`, or ask the origin by the name in its certificate"
            }
            Self::OriginError => {
                "the origin answers with a server error; visitors get stored copies or an error page"
            }
            Self::PageTooLarge => {
                "an answer exceeds `[limits] origin_body`; raise it, or declare the route `passthrough`"
            }
            Self::Unstorable => {
                "an answer is `private`, `no-store` or varies by visitor, so it was not relayed; \
                 set `freshness` on the route if it is the same for everyone, or declare it `passthrough`"
            }
            Self::NotRewritten => {
                "a page could not be rewritten: it is compressed, not UTF-8, or its markup is ambiguous; \
                 it went out without edits, or not at all if it could not be cleansed either"
            }
            Self::TooManyPaths => {
                "a route was asked for more distinct addresses than `distinct_paths`; \
                 tighten `segment` and `query`, or raise the bound"
            }
            Self::MethodNotDeclared => {
                "a request used a method that no route declares; if the site needs it, add a \
                 [[route]] with `mode = \"passthrough\"` and this method in `methods`"
            }
            Self::UnknownHost => "a request named a host that no site lists in `hosts`",
            Self::FragmentMissing => {
                "an `include` names a path whose route is not marked `fragment`, or that cannot be fetched"
            }
            Self::DiffersByFetch => {
                "a page came back different when the same request was made again, so it depends on more \
                 than what was asked and may be made for one visitor; the route shows an error for 10 \
                 minutes: name what may differ in `volatile`, or declare it `passthrough`"
            }
        }
    }
}
