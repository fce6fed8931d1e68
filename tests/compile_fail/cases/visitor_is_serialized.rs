//! Blocks: what a client sent, or what is known of a visitor, is written to a file or an answer.

use cloakroom_boundary::{Admitted, OwnCookies, RawRequest, ScrubbedRequest, Signals, Token};
use serde::{Serialize, Serializer};

fn raw<S: Serializer>(raw: &RawRequest<'_>, to: S) {
    let _ = raw.serialize(to);
}

fn admitted<S: Serializer>(admitted: &Admitted, to: S) {
    let _ = admitted.serialize(to);
}

fn signals<S: Serializer>(signals: &Signals, to: S) {
    let _ = signals.serialize(to);
}

fn scrubbed<S: Serializer>(scrubbed: &ScrubbedRequest, to: S) {
    let _ = scrubbed.serialize(to);
}

fn token<S: Serializer>(token: &Token, to: S) {
    let _ = token.serialize(to);
}

fn cookies<S: Serializer>(cookies: &OwnCookies, to: S) {
    let _ = cookies.serialize(to);
}

fn main() {}
