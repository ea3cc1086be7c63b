//! What is read.

use image::{Rgb, RgbImage, Rgba, RgbaImage};
use zip::CompressionMethod;

use super::common::shared;
use super::{archive, file, gather, gzip, idx, numbered, pictures, plain, png, prepared, reasons};
use easel::data::own::Prepared;

/// Values and label of the picture that stands at `number`.
fn one(set: &Prepared, number: usize) -> (&[u8], u8) {
    let [c, h, w] = set.pictures.shape();
    let area = c * h * w;
    let values = &set.pictures.values()[number * area..][..area];
    (values, set.pictures.labels()[number])
}

#[test]
fn idx_pictures_of_the_right_size_stay_bit_exact_and_find_their_labels_in_either_order() {
    let values = numbered(40, 28);
    let labels: Vec<u8> = (0..40).map(|i| [3, 11, 7][i % 3]).collect();
    let pictures = idx(&[40, 28, 28], &values);
    let labelled = idx(&[40], &labels);
    for (first, second) in [
        (pictures.clone(), labelled.clone()),
        (gzip(&labelled), gzip(&pictures)),
        (
            archive(
                &[file("a/p", pictures), file("a/l", labelled)],
                CompressionMethod::DEFLATE,
            ),
            Vec::new(),
        ),
    ] {
        let mut files = vec![file("one", first)];
        if !second.is_empty() {
            files.push(file("other", second));
        }
        let set = prepared(28, files);
        assert_eq!(
            (set.pictures.shape(), set.pictures.len()),
            ([1, 28, 28], 40)
        );
        assert_eq!(set.classes, ["3", "7", "11"]);
        assert!(set.left.is_empty(), "{:?}", set.left);
        let mut seen = [false; 40];
        for at in 0..40 {
            let (picture, label) = one(&set, at);
            let number = usize::from(picture[1]);
            assert_eq!(picture, &values[number * 784..][..784], "picture {number}");
            let name = labels[number].to_string();
            assert_eq!(set.classes[usize::from(label)], name, "picture {number}");
            seen[number] = true;
        }
        assert!(seen.iter().all(|s| *s), "{seen:?}");
    }
}

#[test]
fn idx_pictures_of_another_size_are_reduced_from_their_middle_square() {
    // 20 wide, 12 high; the middle 12 columns are white.
    let row: Vec<u8> = (0..20)
        .map(|x| if (4..16).contains(&x) { 255 } else { 0 })
        .collect();
    let values = row.repeat(12).repeat(16);
    let set = prepared(8, vec![file("p", idx(&[16, 12, 20], &values))]);
    assert_eq!(set.pictures.shape(), [1, 8, 8]);
    assert!(
        set.pictures.values().iter().all(|v| *v == 255),
        "a black column was taken"
    );
}

#[test]
fn folders_of_a_zip_are_classes_and_the_rest_is_named() {
    for how in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
        let mut files = pictures("pets/cats/", 12);
        files.extend(pictures("pets/dogs/", 9));
        let inner = archive(&pictures("", 3), how);
        files.push(file("pets/inner.zip", inner));
        files.push(file("pets/cats/readme.txt", "Cats are fine."));
        files.push(file("pets/cats/broken.png", &plain(8, 8, [1, 2, 3])[..60]));
        files.push(file("__MACOSX/pets/._1.png", [0, 5, 22, 7]));
        files.push(file("pets/.DS_Store", "Bud1"));
        let set = prepared(16, vec![file("pets.zip", archive(&files, how))]);
        assert_eq!(set.classes, ["cats", "dogs"]);
        let dogs = set.pictures.labels().iter().filter(|l| **l == 1).count();
        assert_eq!((set.pictures.len(), dogs), (21, 9));
        assert_eq!(
            reasons(&set.left),
            [("broken", 1), ("nested-zip", 1), ("not-a-picture", 1)]
        );
        assert_eq!(set.left[0].names, ["pets.zip/pets/cats/broken.png"]);
    }
}

#[test]
fn without_a_folder_for_each_there_are_no_classes() {
    let mut files = pictures("cats/", 10);
    files.extend(pictures("dogs/", 10));
    assert_eq!(prepared(8, files.clone()).classes, ["cats", "dogs"]);
    files.extend(pictures("", 3));
    let set = prepared(8, files);
    assert_eq!(
        (set.classes.len(), reasons(&set.left)),
        (0, vec![("without-label", 3)])
    );
    // One folder is a folder; more than twenty are no classes.
    assert!(prepared(8, pictures("all/", 20)).classes.is_empty());
    let many = (0..21)
        .flat_map(|i| pictures(&format!("{i}/"), 1))
        .collect();
    assert!(prepared(8, many).classes.is_empty());
}

#[test]
fn pictures_become_their_middle_square_over_white_and_grey_ones_stay_grey_if_all_are() {
    let wide = RgbImage::from_fn(48, 16, |x, _| {
        if (16..32).contains(&x) {
            Rgb([9, 9, 9])
        } else {
            Rgb([255, 0, 0])
        }
    });
    let grey = prepared(16, vec![file("wide.png", png(&wide)); 16]);
    assert_eq!(grey.pictures.shape(), [1, 16, 16]);
    assert!(grey.pictures.values().iter().all(|v| *v == 9));

    let mut clear = std::io::Cursor::new(Vec::new());
    let half = RgbaImage::from_pixel(4, 4, Rgba([200, 0, 0, 51]));
    half.write_to(&mut clear, image::ImageFormat::Png)
        .expect("a picture");
    let mut files = vec![file("wide.png", png(&wide)); 15];
    files.push(file("clear.png", clear.into_inner()));
    let set = prepared(16, files);
    assert_eq!(set.pictures.shape(), [3, 16, 16]);
    // 200 and 0 with a fifth of the weight over 255.
    let found = (0..16).any(|at| {
        let (values, _) = one(&set, at);
        let [r, g, b] = [0, 1, 2].map(|c| &values[c * 256..][..256]);
        let all = |plane: &[u8], value| plane.iter().all(|v| *v == value);
        all(r, 244) && all(g, 204) && all(b, 204)
    });
    assert!(found, "no picture lies over white");
}

#[test]
fn two_idx_files_take_the_labels_that_have_as_many_and_others_are_named() {
    let (a, b) = (
        idx(&[20, 8, 8], &numbered(20, 8)),
        idx(&[24, 8, 8], &numbered(24, 8)),
    );
    let label = |count: u32| {
        idx(
            &[count],
            &(0..count).map(|i| (i % 2) as u8).collect::<Vec<_>>(),
        )
    };
    let files = vec![
        file("a", a.clone()),
        file("la", label(24)),
        file("b", b),
        file("lb", label(20)),
    ];
    let set = prepared(8, files);
    assert_eq!((set.pictures.len(), set.classes.len()), (44, 2));
    let (set, _) = gather(8, vec![file("a", a), file("wrong", label(21))]);
    let set = set.expect("enough pictures");
    assert_eq!(
        (set.classes.len(), reasons(&set.left)),
        (0, vec![("labels-do-not-fit", 1)])
    );
    assert_eq!(set.left[0].names, ["wrong"]);
}

#[test]
fn mnist_is_read_as_it_is() {
    let Some(path) = shared(
        "mnist_is_read_as_it_is",
        "data/mnist/t10k-images-idx3-ubyte.gz",
    ) else {
        return;
    };
    let begun = std::time::Instant::now();
    let set = easel::train::own::gather(&path, 28).expect("MNIST");
    eprintln!(
        "{} pictures in {:.2} s",
        set.pictures.len(),
        begun.elapsed().as_secs_f32()
    );
    assert_eq!(
        (set.pictures.shape(), set.pictures.len()),
        ([1, 28, 28], 5000)
    );
    assert_eq!(
        set.classes,
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
    );
    assert_eq!(reasons(&set.left), [("too-many", 5000)]);
    assert_eq!(set.left[0].names, ["t10k-images-idx3-ubyte.gz"]);
    // A one is a stroke: it has less ink than a zero.
    let ink = |label: u8| {
        let with: Vec<_> = (0..set.pictures.len())
            .map(|i| one(&set, i))
            .filter(|p| p.1 == label)
            .collect();
        let sum: u64 = with
            .iter()
            .flat_map(|(v, _)| v.iter())
            .map(|v| u64::from(*v))
            .sum();
        sum as f64 / with.len() as f64
    };
    assert!(ink(1) < 0.6 * ink(0), "{} {}", ink(1), ink(0));
}
