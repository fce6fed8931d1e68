//! Which route answers a path and a method. The most specific one does.

use std::collections::{HashMap, HashSet};

use http::Method;

use crate::config::{MAX_QUERY_RULES, MAX_ROUTES};
use crate::pattern::Fit;
use crate::signals::Wanted;
use crate::{BoundaryError, Mode, PathPattern, QueryRule, Refusal, RouteConfig, RouteId};

/// A route, ready to be asked.
pub(crate) struct Route {
    pub(crate) pattern: PathPattern,
    pub(crate) mode: Mode,
    /// Sorted by name.
    pub(crate) query: Vec<QueryRule>,
    pub(crate) fragment: bool,
    pub(crate) wanted: Wanted,
    methods: Methods,
}

/// The methods that a route answers.
enum Methods {
    /// GET and HEAD.
    Reading,
    /// All that can be forwarded.
    All,
    /// These, with HEAD where there is GET.
    Some(Vec<Method>),
}

impl Methods {
    fn contain(&self, method: &Method) -> bool {
        match self {
            Self::Reading => is_reading(method),
            Self::All => is_forwardable(method),
            Self::Some(methods) => methods.contains(method),
        }
    }

    /// The names, for `Allow`.
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Reading => vec!["GET", "HEAD"],
            Self::All => vec!["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
            Self::Some(methods) => methods.iter().map(Method::as_str).collect(),
        }
    }
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// CONNECT is not for pages, and TRACE would send back the proxy's own header fields.
fn is_forwardable(method: &Method) -> bool {
    !matches!(*method, Method::CONNECT | Method::TRACE)
}

/// All routes of a site.
pub(crate) struct Routes {
    list: Vec<Route>,
    /// Routes of a single path, by path.
    exact: HashMap<Box<str>, Vec<RouteId>>,
    /// Routes with wildcards, most specific first.
    wild: Vec<RouteId>,
}

impl Routes {
    pub(crate) fn new(configs: Vec<RouteConfig>) -> Result<Self, BoundaryError> {
        if configs.len() > MAX_ROUTES {
            return Err(BoundaryError::TooManyRoutes { count: configs.len() });
        }
        let list = configs.into_iter().map(route).collect::<Result<Vec<_>, _>>()?;
        refuse_repeated(&list)?;
        let mut order: Vec<_> = (0..).map(RouteId).zip(&list).collect();
        order.sort_by(|(_, one), (_, two)| {
            let all = |route: &Route| matches!(route.methods, Methods::All);
            one.pattern.by_specificity(&two.pattern).then(all(one).cmp(&all(two)))
        });
        let mut exact: HashMap<Box<str>, Vec<RouteId>> = HashMap::new();
        let mut wild = Vec::new();
        for (id, route) in order {
            if route.pattern.is_exact() {
                exact.entry(route.pattern.text().into()).or_default().push(id);
            } else {
                wild.push(id);
            }
        }
        Ok(Self { list, exact, wild })
    }

    /// What the routes want, each.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = Wanted> {
        self.list.iter().map(|route| route.wanted)
    }

    pub(crate) fn get(&self, id: RouteId) -> Option<&Route> {
        self.list.get(id.index())
    }

    /// The routes whose shape a canonical path has, most specific first.
    fn candidates<'s>(&'s self, path: &str) -> impl Iterator<Item = (RouteId, &'s Route, Fit)> {
        let exact = self.exact.get(path).map(Vec::as_slice).unwrap_or_default();
        let exact = exact.iter().filter_map(|id| self.get(*id).map(|route| (*id, route, Fit::Yes)));
        let wild = self.wild.iter().filter_map(move |id| {
            let route = self.get(*id)?;
            Some((*id, route, route.pattern.fit(path))).filter(|(_, _, fit)| *fit != Fit::No)
        });
        exact.chain(wild)
    }

    /// The route that answers; `Ok(None)` for reading a path that is not declared.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Option<(RouteId, &Route)>, Refusal> {
        match self.candidates(path).find(|(_, route, _)| route.methods.contain(method)) {
            Some((_, _, Fit::Unlike)) => Err(Refusal::NotFound),
            Some((id, route, _)) => Ok(Some((id, route))),
            None if is_reading(method) => Ok(None),
            None => Err(self.refuse_method(path)),
        }
    }

    fn refuse_method(&self, path: &str) -> Refusal {
        // Reading always works: a path without a route for it is anonymous.
        let mut allow = vec!["GET", "HEAD"];
        for (_, route, _) in self.candidates(path) {
            for name in route.methods.names() {
                if !allow.contains(&name) {
                    allow.push(name);
                }
            }
        }
        let route = self.candidates(path).next().map(|(id, _, _)| id);
        Refusal::MethodNotAllowed { route, allow: allow.join(", ") }
    }
}

fn route(config: RouteConfig) -> Result<Route, BoundaryError> {
    let pattern = config.pattern.text().to_owned();
    if config.fragment && config.mode == Mode::Passthrough {
        return Err(BoundaryError::Fragment { pattern });
    }
    let methods = methods(config.methods, config.mode, &pattern)?;
    let mut query = config.query;
    query.sort_by(|one, two| one.name().cmp(two.name()));
    if query.len() > MAX_QUERY_RULES {
        return Err(BoundaryError::Query { pattern, what: "more than 32 query parameters" });
    }
    if query.windows(2).any(|pair| matches!(pair, [one, two] if one.name() == two.name())) {
        return Err(BoundaryError::Query { pattern, what: "a query parameter twice" });
    }
    let lenient = config.mode == Mode::Passthrough;
    let pattern = if lenient { config.pattern.lenient() } else { config.pattern };
    let wanted = Wanted::new(&config.signals, config.bucket);
    Ok(Route { pattern, mode: config.mode, query, fragment: config.fragment, wanted, methods })
}

fn methods(listed: Option<Vec<Method>>, mode: Mode, pattern: &str) -> Result<Methods, BoundaryError> {
    let wrong = |method: &Method, why| {
        Err(BoundaryError::Method { pattern: pattern.to_owned(), method: method.to_string(), why })
    };
    let Some(mut listed) = listed else {
        return Ok(if mode == Mode::Passthrough { Methods::All } else { Methods::Reading });
    };
    for method in &listed {
        if !is_forwardable(method) {
            return wrong(method, "it is never forwarded");
        }
        if mode != Mode::Passthrough && !is_reading(method) {
            return wrong(method, "only passthrough routes answer other methods than GET and HEAD");
        }
    }
    if mode != Mode::Passthrough {
        return Ok(Methods::Reading);
    }
    if listed.contains(&Method::GET) && !listed.contains(&Method::HEAD) {
        listed.push(Method::HEAD);
    }
    Ok(Methods::Some(listed))
}

fn refuse_repeated(list: &[Route]) -> Result<(), BoundaryError> {
    let mut seen = HashSet::new();
    for route in list {
        // A route for all methods may stand beside one for some: the latter is more specific.
        let open = matches!(route.methods, Methods::All);
        for method in route.methods.names() {
            if !seen.insert((route.pattern.text(), method, open)) {
                return Err(BoundaryError::RepeatedRoute {
                    pattern: route.pattern.text().to_owned(),
                    method: method.to_owned(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pattern: &str, methods: Option<&[Method]>, mode: Mode) -> RouteConfig {
        RouteConfig {
            pattern: PathPattern::parse(pattern, None).unwrap(),
            methods: methods.map(<[Method]>::to_vec),
            mode,
            query: Vec::new(),
            fragment: false,
            signals: Vec::new(),
            bucket: false,
        }
    }

    fn shop() -> Routes {
        Routes::new(vec![
            config("/", None, Mode::Personalize),
            config("/account/*", None, Mode::Passthrough),
            config("/account/help", None, Mode::Anonymous),
            config("/search", None, Mode::Personalize),
            config("/search", Some(&[Method::POST]), Mode::Passthrough),
            config("/p/*", None, Mode::Personalize),
            config("/p/*/review", Some(&[Method::POST]), Mode::Passthrough),
        ])
        .unwrap()
    }

    fn found(method: &Method, path: &str) -> Result<Option<u16>, u16> {
        let routes = shop();
        routes.find(method, path).map(|found| found.map(|(id, _)| id.0)).map_err(|refusal| refusal.status())
    }

    #[test]
    fn the_most_specific_path_and_method_wins() {
        assert_eq!(found(&Method::GET, "/"), Ok(Some(0)));
        assert_eq!(found(&Method::HEAD, "/"), Ok(Some(0)));
        assert_eq!(found(&Method::GET, "/account"), Ok(Some(1)));
        assert_eq!(found(&Method::DELETE, "/account/x/%C3%A9"), Ok(Some(1)));
        assert_eq!(found(&Method::GET, "/account/help"), Ok(Some(2)));
        assert_eq!(found(&Method::POST, "/account/help"), Ok(Some(1)));
        assert_eq!(found(&Method::GET, "/search"), Ok(Some(3)));
        assert_eq!(found(&Method::POST, "/search"), Ok(Some(4)));
        assert_eq!(found(&Method::GET, "/p/1/review"), Ok(Some(5)));
        assert_eq!(found(&Method::POST, "/p/1/review"), Ok(Some(6)));
    }

    #[test]
    fn undeclared_paths_can_be_read_and_nothing_else() {
        assert_eq!(found(&Method::GET, "/robots.txt"), Ok(None));
        assert_eq!(found(&Method::HEAD, "/robots.txt"), Ok(None));
        assert_eq!(found(&Method::POST, "/robots.txt"), Err(405));
        assert_eq!(found(&Method::GET, "/p/a%20b"), Err(404));
        assert_eq!(found(&Method::TRACE, "/account/x"), Err(405));
        assert_eq!(found(&Method::CONNECT, "/account/x"), Err(405));
    }

    #[test]
    fn a_refused_method_names_those_allowed() {
        let refusal = shop().find(&Method::PUT, "/search").err().unwrap();
        let expected = Refusal::MethodNotAllowed { route: Some(RouteId(3)), allow: "GET, HEAD, POST".into() };
        assert_eq!(refusal, expected);
        let refusal = shop().find(&Method::POST, "/").err().unwrap();
        assert_eq!(refusal, Refusal::MethodNotAllowed { route: Some(RouteId(0)), allow: "GET, HEAD".into() });
    }

    #[test]
    fn reading_is_more_specific_than_every_method() {
        let both = [config("/a", None, Mode::Passthrough), config("/a", None, Mode::Personalize)];
        let routes = Routes::new(both.into()).unwrap();
        let found = |method| routes.find(&method, "/a").ok().flatten().map(|(id, _)| id.index());
        assert_eq!(found(Method::GET), Some(1));
        assert_eq!(found(Method::POST), Some(0));
    }

    #[test]
    fn contradictory_declarations_are_refused() {
        let error = |configs| Routes::new(configs).err().unwrap().to_string();
        let twice = vec![config("/a", None, Mode::Anonymous), config("/a", None, Mode::Personalize)];
        assert_eq!(error(twice), "`/a` is declared twice for GET");
        let posting = vec![config("/a", Some(&[Method::POST]), Mode::Personalize)];
        assert!(error(posting).contains("only passthrough routes answer"));
        let tracing = vec![config("/a", Some(&[Method::TRACE]), Mode::Passthrough)];
        assert!(error(tracing).contains("never forwarded"));
        let mut fragment = config("/a", None, Mode::Passthrough);
        fragment.fragment = true;
        assert!(error(vec![fragment]).contains("cannot be fragments"));
        let mut query = config("/a", None, Mode::Anonymous);
        query.query = vec![QueryRule::new("q", None).unwrap(), QueryRule::new("q", None).unwrap()];
        assert_eq!(error(vec![query]), "`/a` lists a query parameter twice");
    }
}
