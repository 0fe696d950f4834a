//! Files with anything in them.

use proptest::prelude::*;

use crate::world::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever bytes a file has: an error with a code, or a verdict for every row.
    #[test]
    fn any_bytes_get_verdicts_or_an_error(soup in soups()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let path = world.file("soup.csv", soup);
            let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
            let ImportTotals { rows, new, known, unchanged, twice, doubtful, refused } = ended.totals;
            assert_eq!(rows, new + known + twice + doubtful + refused);
            assert!(unchanged <= known);
            assert_eq!(world.all().await, new);
            match world.preview(&path, &ImportOptions::default()).await {
                Ok(_) => assert_eq!(ended.state, ImportState::Done),
                Err(error) => assert_eq!(ended.error.unwrap().code, error.code()),
            }
        });
    }
}

/// Bytes at random, and lists with anything in their cells.
fn soups() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[\"',;\t\r\n =+0-9eE.]{0,12}".prop_map(String::into_bytes),
        Just(b"0538 555 02 14".to_vec()),
        Just("Ayşe \u{202a}".as_bytes().to_vec()),
        Just(b"\xfe\xff\xc3".to_vec()),
        Just(b"\n".to_vec()),
        Just(b";".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    let list =
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| [b"Name;Phone\n".to_vec(), pieces.concat()].concat());
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..400), list]
}
