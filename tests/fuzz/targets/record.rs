//! What the process of a plugin answers, and what is read back from the disk: a record is the one that the
//! plugin would write again, or is refused.
#![no_main]

use cloakroom_plugin_host::Plugin;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(plugin) = Plugin::from_record(data) else { return };
    let record = plugin.to_record();
    assert_eq!(Plugin::from_record(&record).unwrap().to_record(), record);
    // Whoever reads the table does not fall.
    let _ = plugin.readable().to_string();
});
