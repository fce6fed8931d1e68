//! The disk tier: what a start, a read and a write cost. The system has the files in memory here.

use bytes::Bytes;
use cloakroom_disk::{Config, Disk};
use criterion::Criterion;

const RECORDS: u32 = 10_000;
const HEAD_BYTES: usize = 600;
const PAGE_BYTES: usize = 50_000;

pub(crate) fn records(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut config = Config::new(folder.path().join("many"), 1 << 30);
    config.waiting = RECORDS as usize;
    let disk = Disk::open(&config, |_, _| true).unwrap();
    for number in 0..RECORDS {
        let (head, body) = (Bytes::from(vec![1; HEAD_BYTES]), Bytes::from(vec![2; 400]));
        assert!(disk.put(disk.name(&[&number.to_le_bytes()]), head, vec![body]));
    }
    runtime.block_on(disk.flush());
    drop(disk);
    criterion.bench_function(&format!("a start with {RECORDS} pages on disk"), |bencher| {
        bencher.iter(|| Disk::open(&config, |_, _| true).unwrap());
    });
    let disk = Disk::open(&Config::new(folder.path().join("one"), 1 << 30), |_, _| true).unwrap();
    let (name, body) = (disk.name(&[b"page"]), Bytes::from(vec![3; PAGE_BYTES]));
    let put = || assert!(disk.put(name, Bytes::from_static(&[1; HEAD_BYTES]), vec![body.clone()]));
    criterion.bench_function(&format!("a page of {PAGE_BYTES} bytes, to the disk"), |bencher| {
        bencher.iter(|| {
            put();
            runtime.block_on(disk.flush());
        });
    });
    put();
    runtime.block_on(disk.flush());
    criterion.bench_function(&format!("a page of {PAGE_BYTES} bytes, from the disk"), |bencher| {
        bencher.iter(|| runtime.block_on(disk.get(name)).unwrap());
    });
}
