//! Parameter counts of the networks against the published ones.

use easel::models::Architecture;

/// All numbers in the tensors whose name passes.
fn count(name: &str, passes: impl Fn(&str, bool) -> bool) -> usize {
    let net = Architecture::named(name).expect("known");
    let counted = net
        .expected()
        .into_iter()
        .filter(|e| passes(&e.name, e.used));
    counted.map(|e| e.shape.iter().product::<usize>()).sum()
}

#[test]
fn whole_networks_have_torchvisions_parameter_counts() {
    let all = |name| count(name, |_, _| true);
    assert_eq!(all("vgg16"), 138_357_544);
    assert_eq!(all("vgg19"), 143_667_240);
    assert_eq!(all("squeezenet1_1"), 1_235_496);
}

#[test]
fn only_the_part_up_to_the_deepest_layer_is_used() {
    let used = |name| count(name, |_, used| used);
    // Up to relu5_1 and without the classifier.
    assert_eq!(used("vgg19"), 12_944_960);
    assert_eq!(used("squeezenet1_1"), 722_496);
    assert_eq!(used("features"), 1_178_768);
}

#[test]
fn the_layers_of_content_and_style_can_be_tapped() {
    for name in ["features", "vgg16", "vgg19", "squeezenet1_1"] {
        let net = Architecture::named(name).expect("known");
        let layers = net.layers();
        assert!(layers.iter().any(|l| l == net.content_layer()), "{name}");
        for (layer, _) in net.style_layers() {
            assert!(layers.contains(&layer), "{name} has no {layer}");
        }
    }
}

#[test]
fn the_cost_of_vgg19_is_the_known_one() {
    let net = Architecture::named("vgg19").expect("known");
    let cost = net.cost(512, 512, &["relu5_1".into()]);
    // 189.35 GFLOP forward at 512 x 512.
    assert!(
        (cost.flops / 1e9 - 189.35).abs() < 0.01,
        "{}",
        cost.flops / 1e9
    );
    assert_eq!(cost.largest, 64 * 512 * 512);
}
