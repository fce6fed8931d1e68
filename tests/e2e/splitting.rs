//! Traffic split at random: each bucket stays in its range, the shares are those that the plugin declares, and
//! a variant that too few would get is shown to nobody.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::client::{PHONE, Visitor, french};
use crate::origin::Origin;
use crate::proxy::{HERO, PATIENCE, Proxy, free_address, write_configuration};

const WIT: &str = include_str!("../../plugins/wit/personalizer.wit");

/// Writes the component of `split.wat`.
fn write_plugin(path: &Path) {
    let mut module = wat::parse_str(include_str!("split.wat")).unwrap();
    let mut contract = Resolve::default();
    let package = contract.push_str("personalizer.wit", WIT).unwrap();
    let world = contract.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
    std::fs::write(path, ComponentEncoder::default().module(&module).unwrap().encode().unwrap()).unwrap();
}

fn start(origin: &Origin) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    let site = format!(
        "hosts = [\"shop.test\"]\norigin = \"http://{}\"\n[crowd]\nk = 5\nepoch = \"1s\"\n\
         [[plugin]]\nname = \"split\"\nfile = \"split.wasm\"\n\
         [[route]]\npath = \"/\"\nmode = \"personalize\"\nplugins = [\"split\"]\n",
        origin.address()
    );
    write_configuration(folder.path(), address, metrics, &site, HERO);
    write_plugin(&folder.path().join("shop/split.wasm"));
    Proxy::start_in(folder, address, metrics)
}

/// Somebody from the `number`th network of France who was drawn into a bucket earlier.
fn in_bucket(number: u32, bucket: u32) -> Visitor {
    Visitor::new("/")
        .with("Cookie", format!("cloakroom_consent=all; cloakroom_bucket={bucket}"))
        .with("X-Forwarded-For", french(number))
        .with("User-Agent", PHONE)
}

fn sees_second(visitor: &Visitor, address: SocketAddr) -> bool {
    visitor.ask(address).text().contains("Second part")
}

/// The buckets that read the second variant, once it is shown.
fn second_range(proxy: &Proxy) -> Vec<u32> {
    let _crowd = proxy.crowd(100, |number| in_bucket(number, number));
    let since = Instant::now();
    loop {
        let seeing: Vec<_> =
            (0..100).filter(|bucket| sees_second(&in_bucket(7, *bucket), proxy.address())).collect();
        if seeing.len() == 30 {
            let gpc = in_bucket(7, seeing[0]).with("Sec-GPC", "1");
            assert!(!sees_second(&gpc, proxy.address()), "who opts out is not split");
            return seeing;
        }
        assert!(since.elapsed() < PATIENCE, "the shares are never 70 and 30, but {}", seeing.len());
    }
}

#[test]
fn buckets_split_traffic_by_the_plugins_shares_and_a_small_part_gets_the_default() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = start(&origin);
    let second = second_range(&proxy);
    assert_eq!(second, second_range(&proxy), "each bucket stays where it is");

    // Another proxy, whose visitors are nearly all in the first range: three others are no crowd.
    let proxy = start(&origin);
    let few = second.clone();
    let first: Vec<u32> = (0..100).filter(|bucket| !second.contains(bucket)).collect();
    let bucket = move |number: u32| if number < 3 { few[number as usize] } else { first[number as usize] };
    let _crowd = proxy.crowd(60, move |number| in_bucket(number, bucket(number)));
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(5) {
        for number in 0..3 {
            assert!(!sees_second(&in_bucket(number, second[number as usize]), proxy.address()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
