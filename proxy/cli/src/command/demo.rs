//! `cloakroom demo`.

use crate::args::Demo;
use crate::exit::Exit;
use crate::report::Output;

pub(crate) fn run(_args: &Demo, _output: &Output) -> Exit {
    Exit::Success
}
