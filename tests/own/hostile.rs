//! Files that are broken, too many, too large or made to do harm.

use easel::data::own::{Collection, MAX_FILES, MAX_PICTURES, Prepared};
use easel::data::seed::Seed;
use easel::error::Error;
use easel::protocol::{GanConfig, GanData, GanVariant};
use zip::CompressionMethod;

use super::common::root;
use super::{archive, file, gather, gzip, idx, numbered, pictures, plain, prepared, reasons};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/fixtures").join(name)).expect("a fixture")
}

#[test]
fn bad_pictures_are_left_out_by_their_reason_and_the_rest_is_used() {
    let mut files = pictures("", 16);
    for name in [
        "bomb.png",
        "huge-header.jpg",
        "truncated.png",
        "truncated.jpg",
        "empty.png",
        "text.png",
        "random.bin",
        "picture.svg",
    ] {
        files.push(file(name, fixture(name)));
    }
    files.push(file("picture.tiff", *b"II*\0\x08\0\0\0"));
    let set = prepared(16, files);
    assert_eq!(set.pictures.len(), 16);
    let expected = [
        ("broken", 3),
        ("not-a-picture", 3),
        ("too-large", 2),
        ("unsupported", 1),
    ];
    assert_eq!(reasons(&set.left), expected);
    assert_eq!(set.left[2].names, ["bomb.png", "huge-header.jpg"]);
}

#[test]
fn too_few_pictures_are_an_error_that_says_how_many() {
    let (set, left) = gather(
        16,
        pictures("", 15)
            .into_iter()
            .chain([file("a", "b")])
            .collect(),
    );
    let Err(error) = set else {
        panic!("15 were enough")
    };
    assert_eq!(error.code(), "data-too-few");
    assert!(error.to_string().contains("15 pictures"), "{error}");
    assert_eq!(reasons(&left), [("not-a-picture", 1)]);
    assert!(matches!(
        Collection::new(7, 0),
        Err(Error::BadSetting { name: "size", .. })
    ));
}

#[test]
fn ten_thousand_files_are_trimmed_to_a_fair_part() {
    // Half of each class, one after the other.
    let one = plain(8, 8, [7, 8, 9]);
    let name = |i: usize| format!("{}/{i}.png", ["a", "b"][i / 5000]);
    let files: Vec<_> = (0..10_000).map(|i| file(&name(i), one.clone())).collect();
    let set = prepared(
        8,
        vec![file("all.zip", archive(&files, CompressionMethod::STORE))],
    );
    assert_eq!(set.pictures.len(), MAX_PICTURES);
    assert_eq!(reasons(&set.left), [("too-many", 5000)]);
    let second = set.pictures.labels().iter().filter(|l| **l == 1).count();
    // Ten standard deviations of 5000 drawn from 10,000.
    assert!(
        (2250..2750).contains(&second),
        "{second} of the second class"
    );
}

#[test]
fn files_beyond_the_limit_are_not_looked_at() {
    let mut files = pictures("", 16);
    files.extend((0..MAX_FILES).map(|i| file(&format!("{i}.txt"), "x")));
    let set = prepared(
        8,
        vec![file("all.zip", archive(&files, CompressionMethod::STORE))],
    );
    // The archive is a file itself.
    let expected = [("not-a-picture", 19_983), ("too-many", 17)];
    assert_eq!(reasons(&set.left), expected);
}

#[test]
fn a_zip_bomb_is_stopped_while_it_is_inflated_and_ends_its_archive() {
    let zeros = vec![0; 40 << 20];
    let mut files = pictures("", 16);
    files.push(file("bomb.png", zeros));
    files.extend(pictures("after/", 5));
    let bytes = archive(&files, CompressionMethod::DEFLATE);
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    let expected = [("zip-bomb", 6)];
    assert_eq!(
        reasons(&prepared(8, vec![file("bomb.zip", bytes.clone())]).left),
        expected
    );
    // The directory says that it is as small as it is packed, and then that it is as large as can be.
    let at = bytes
        .windows(8)
        .rposition(|w| w == b"bomb.png")
        .expect("its name")
        - 46;
    for size in [64_u32, u32::MAX - 1] {
        let mut lying = bytes.clone();
        lying[at + 24..at + 28].copy_from_slice(&size.to_le_bytes());
        let set = prepared(8, vec![file("bomb.zip", lying)]);
        let code = if size == 64 { "broken" } else { "zip-bomb" };
        assert_eq!(set.left[0].code, code, "{:?}", set.left);
    }
}

#[test]
fn an_idx_header_that_lies_is_refused() {
    let values = numbered(20, 8);
    let good = pictures("", 16);
    let refused = |bytes: Vec<u8>| {
        let mut files = good.clone();
        files.push(file("train-images", bytes));
        let set = prepared(8, files);
        assert_eq!(set.pictures.len(), 16, "{:?}", set.left);
        assert_eq!(set.left.len(), 1, "{:?}", set.left);
        set.left[0].code.clone()
    };
    let cut = |bytes: &[u8], count: usize| bytes[..bytes.len() - count].to_vec();
    for lie in [
        [21, 8, 8],
        [19, 8, 8],
        [20, 8, 9],
        [0, 8, 8],
        [20, 0, 8],
        [20, 8, 513],
        [u32::MAX; 3],
    ] {
        let bytes = idx(&lie, &values);
        assert_eq!(refused(bytes.clone()), "bad-idx", "{lie:?}");
        assert_eq!(refused(gzip(&bytes)), "bad-idx", "{lie:?} in gzip");
    }
    let whole = idx(&[20, 8, 8], &values);
    assert_eq!(refused(cut(&whole, 1)), "bad-idx");
    assert_eq!(refused(cut(&gzip(&whole), 5)), "bad-idx");
    let mut other = gzip(&whole);
    let middle = other.len() / 2;
    other[middle] ^= 1;
    assert_eq!(refused(other), "bad-idx");
    assert_eq!(refused([&whole[..], b"more"].concat()), "bad-idx");
    assert_eq!(refused(idx(&[20, 64], &values)), "bad-idx");
    assert_eq!(
        refused(gzip(b"a text that is no idx file")),
        "not-a-picture"
    );
    // A gigabyte of zeros packed to a megabyte, and said to be so: never inflated.
    assert_eq!(refused(gzip(&idx(&[4096, 512, 512], &[]))), "too-large");
}

/// Truncations and random flips; what comes out is a data set, or an error with a code.
fn damaged(name: &str, bytes: &[u8], mut read: impl FnMut(Vec<u8>) -> bool) {
    let mut seed = Seed::new(bytes.len() as u32);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..600 {
        let mut copy = bytes.to_vec();
        if round % 3 == 0 {
            copy.truncate(seed.below(bytes.len()));
        } else {
            for _ in 0..=seed.below(4) {
                let at = seed.below(copy.len());
                copy[at] = seed.next_u32() as u8;
            }
        }
        if read(copy) { taken += 1 } else { refused += 1 }
    }
    eprintln!("{name}: {taken} were read, {refused} refused");
    assert!(refused > 50, "{name}: only {refused} of 600 were refused");
}

#[test]
fn no_damage_to_a_file_does_harm() {
    let small: Vec<_> = pictures("a/", 9)
        .into_iter()
        .chain(pictures("b/", 9))
        .collect();
    let values = numbered(18, 8);
    let samples = [
        ("stored zip", archive(&small, CompressionMethod::STORE)),
        ("deflated zip", archive(&small, CompressionMethod::DEFLATE)),
        ("idx", idx(&[18, 8, 8], &values)),
        ("gzip", gzip(&idx(&[18, 8, 8], &values))),
    ];
    for (name, bytes) in &samples {
        damaged(name, bytes, |bytes| {
            let (set, left) = gather(8, vec![file("x", bytes)]);
            // Whatever became of it, every file is accounted for.
            assert!(set.is_ok() || !left.is_empty(), "{name}: nothing is said");
            set.is_ok_and(|set| set.pictures.len() == 18 && left.is_empty())
        });
    }
    let set = prepared(8, small);
    let bytes = set.write().expect("plain data");
    damaged("prepared", &bytes, |bytes| match Prepared::read(&bytes) {
        Ok(found) => {
            // A flip in a picture is another picture; everything else is held.
            assert_eq!(found.pictures.shape(), [3, 8, 8]);
            true
        }
        Err(error) => {
            assert_eq!(error.code(), "data-broken", "{error}");
            false
        }
    });
}

#[test]
fn a_prepared_file_comes_back_as_it_was_and_nothing_else_is_taken() {
    let mut files = pictures("cats/", 40);
    files.extend(pictures("dogs/", 30));
    let set = prepared(8, files);
    let bytes = set.write().expect("plain data");
    assert_eq!(Prepared::read(&bytes).expect("just written"), set);
    let broken = |from: &str, to: &str| {
        let text = bytes.windows(from.len()).position(|w| w == from.as_bytes());
        let mut other = bytes.clone();
        other[text.expect("in the header")..][..to.len()].copy_from_slice(to.as_bytes());
        Prepared::read(&other).expect_err("changed").to_string()
    };
    broken("easel-pictures", "easel-Pictures");
    broken("\"U8\"", "\"I8\"");
    broken("[70,3,8,8]", "[70,8,8,3]");
    broken("\\\"version\\\":1", "\\\"version\\\":2");
    let label = broken("\\\"dogs\\\"]", "\\\"dogs\\\",");
    eprintln!("{label}");
    assert_eq!(
        Prepared::read(b"").expect_err("nothing").code(),
        "data-broken"
    );

    let run = |variant, size| GanConfig {
        size,
        ..GanConfig::of(Some(variant), Some(GanData::Pictures))
    };
    let (data, held) = set
        .clone()
        .for_run(&run(GanVariant::Cgan, 8))
        .expect("it fits");
    assert_eq!((data.len(), held.len()), (63, 7));
    let wrong = set
        .clone()
        .for_run(&run(GanVariant::Gan, 32))
        .expect_err("8 px are not 32");
    assert_eq!(wrong.code(), "data-size");
    let unlabelled = prepared(8, pictures("", 20));
    let wrong = unlabelled
        .for_run(&run(GanVariant::Cgan, 8))
        .expect_err("no labels");
    assert_eq!(wrong.code(), "data-labels");
    let many = prepared(8, vec![file("p", idx(&[700, 8, 8], &numbered(700, 8)))]);
    let (data, held) = many.for_run(&run(GanVariant::Gan, 8)).expect("it fits");
    assert_eq!((data.len(), held.len()), (572, 128));
}
