//! The sdk stands alone, so that it can be copied; here its list of signals is held to the vocabulary's.

use cloakroom_vocabulary::Signal;

#[test]
fn the_sdk_knows_every_signal_and_no_other() {
    for signal in Signal::ALL {
        cloakroom_sdk::check::signal(signal.name());
    }
    let unknown = ["city", "bucket", "countrx", ""];
    for name in unknown {
        assert!(std::panic::catch_unwind(|| cloakroom_sdk::check::signal(name)).is_err(), "{name}");
    }
}
