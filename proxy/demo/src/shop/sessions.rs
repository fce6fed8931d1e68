//! Who is logged in and what is in their carts, in memory, bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sessions kept; the oldest goes first.
const MAX_SESSIONS: usize = 1_024;
/// Pieces of one product in a cart.
const MAX_PIECES: u32 = 9;
/// Characters of a name.
const MAX_NAME: usize = 60;

/// What one session holds. The cart's products are those of the catalogue, so it is bounded too.
#[derive(Clone, Default)]
pub(super) struct Session {
    pub name: Option<String>,
    pub cart: Vec<(&'static str, u32)>,
}

#[derive(Default)]
struct Table {
    sessions: HashMap<String, Session>,
    order: VecDeque<String>,
}

/// All sessions, by the value of the cookie `sid`.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Table>);

impl Sessions {
    /// The session of that id.
    pub(super) fn get(&self, sid: &str) -> Option<Session> {
        self.table().sessions.get(sid).cloned()
    }

    /// Logs in: a new id (a known one could have been planted) that takes over the cart.
    pub(super) fn log_in(&self, old: Option<&str>, name: &str) -> String {
        let mut table = self.table();
        let cart = old.and_then(|sid| table.sessions.remove(sid)).map(|s| s.cart).unwrap_or_default();
        let name = name.chars().take(MAX_NAME).collect();
        table.open(Session { name: Some(name), cart })
    }

    /// Ends the session.
    pub(super) fn log_out(&self, sid: &str) {
        self.table().sessions.remove(sid);
    }

    /// Puts one piece into the cart. A new id if there was no session.
    pub(super) fn add(&self, sid: Option<&str>, product: &'static str) -> Option<String> {
        let mut table = self.table();
        if let Some(session) = sid.and_then(|sid| table.sessions.get_mut(sid)) {
            match session.cart.iter_mut().find(|(slug, _)| *slug == product) {
                Some((_, pieces)) => *pieces = MAX_PIECES.min(*pieces + 1),
                None => session.cart.push((product, 1)),
            }
            return None;
        }
        Some(table.open(Session { name: None, cart: vec![(product, 1)] }))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn open(&mut self, session: Session) -> String {
        // Ids of ended sessions stay in the order until they are the oldest.
        while self.order.len() >= MAX_SESSIONS {
            if let Some(oldest) = self.order.pop_front() {
                self.sessions.remove(&oldest);
            }
        }
        let sid = format!("{:032x}", rand::random::<u128>());
        self.order.push_back(sid.clone());
        self.sessions.insert(sid.clone(), session);
        sid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_and_carts_are_bounded() {
        let sessions = Sessions::default();
        let first = sessions.add(None, "larch-2").unwrap();
        for _ in 0..20 {
            assert!(sessions.add(Some(&first), "larch-2").is_none());
        }
        assert_eq!(sessions.get(&first).unwrap().cart, [("larch-2", 9)]);
        for _ in 0..MAX_SESSIONS {
            sessions.add(None, "moss-mat");
        }
        assert!(sessions.get(&first).is_none());
        assert_eq!(sessions.table().sessions.len(), MAX_SESSIONS);
    }

    #[test]
    fn logging_in_changes_the_id_and_keeps_the_cart() {
        let sessions = Sessions::default();
        let guest = sessions.add(None, "larch-2").unwrap();
        let sid = sessions.log_in(Some(&guest), "Marie");
        assert_ne!(sid, guest);
        assert!(sessions.get(&guest).is_none());
        assert_eq!(sessions.get(&sid).unwrap().cart.len(), 1);
    }
}
