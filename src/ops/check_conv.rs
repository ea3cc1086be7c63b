//! The checks of the convolutions and of normalisation, on odd sizes and through every variant.

use burn::tensor::{Device, FloatDType, Tensor};

use super::check::{Check, VALUE, compare, differentiable, values};
use super::conv2d_direct::use_direct;
use super::{
    Activation, Adapter, ConvOptions, ConvTransposeOptions, Entry, NormOptions, Over, Packed,
    PadMode, Winograd, conv_transpose2d_entered, conv_transpose2d_packed,
    conv_transpose2d_reference, conv2d_entered, conv2d_packed, conv2d_reference, dense,
    dense_reference, knows_half, norm, norm_reference, norm_scales, norm_scales_of,
    norm_scales_of_reference, norm_statistics_reference, upsample_conv2d_packed,
    upsample_conv2d_reference, use_adapter, use_winograd,
};
use crate::error::Error;

use Activation::{LeakyRelu, Linear, Relu, Tanh};
use PadMode::{Reflect, Replicate, Zeros};

/// Winograd's transforms multiply rounding errors, by about ten; the worst that these checks have seen is 3.2e-6.
const WINOGRAD: f32 = 3e-5;

/// An f16 has eleven binary digits: what is stored on the way is off by 2^-11 of itself, a few times over.
const HALF: f32 = 2e-3;

/// `[batch, in, out, height, width, kernel, stride, padding]`. The kernels that take them are those of `conv2d.rs`.
type Convolution = ([usize; 8], PadMode, Activation, bool);
const CONVOLUTIONS: [Convolution; 16] = [
    // Winograd.
    ([2, 8, 9, 7, 5, 3, 1, 1], Zeros, Linear, true),
    ([1, 17, 33, 13, 11, 3, 1, 1], Reflect, Tanh, true),
    ([7, 12, 8, 6, 9, 3, 1, 2], Replicate, Linear, false),
    ([1, 8, 8, 5, 6, 3, 1, 0], Zeros, Linear, false),
    // Windows as columns: few channels, strides, other kernels.
    ([6, 3, 5, 9, 7, 3, 1, 1], Zeros, LeakyRelu(0.2), true),
    ([2, 6, 10, 8, 12, 4, 2, 1], Zeros, LeakyRelu(0.2), true),
    ([1, 5, 7, 9, 8, 3, 2, 1], Zeros, Linear, true),
    ([5, 7, 6, 5, 3, 1, 1, 0], Zeros, Relu, true),
    ([4, 4, 20, 7, 7, 7, 1, 0], Zeros, Linear, true),
    ([1, 6, 6, 2, 2, 4, 2, 1], Zeros, Linear, true),
    ([1, 4, 6, 9, 9, 3, 2, 1], Reflect, Linear, false),
    ([9, 2, 5, 3, 3, 3, 1, 1], Zeros, Linear, true),
    ([8, 5, 6, 11, 4, 3, 3, 0], Replicate, Linear, true),
    // Few output channels.
    ([1, 5, 3, 9, 17, 7, 1, 3], Reflect, Tanh, true),
    ([2, 9, 1, 6, 17, 4, 1, 1], Zeros, Linear, true),
    ([3, 4, 4, 10, 9, 9, 1, 4], Replicate, Linear, false),
];

/// Straight from the picture.
const DIRECT: [Convolution; 4] = [
    ([2, 3, 5, 11, 17, 4, 2, 1], Zeros, LeakyRelu(0.2), true),
    ([1, 4, 18, 9, 19, 7, 1, 3], Reflect, Relu, false),
    ([3, 5, 3, 9, 17, 9, 1, 4], Reflect, Tanh, true),
    ([2, 9, 1, 6, 17, 4, 1, 1], Replicate, Linear, true),
];

/// `[batch, in, out, height, width, kernel, stride, padding, output padding]`.
const TRANSPOSED: [([usize; 9], Activation, bool); 7] = [
    ([2, 6, 5, 5, 7, 4, 2, 1, 0], Linear, true),
    ([1, 16, 8, 4, 4, 4, 2, 1, 0], Tanh, false),
    ([1, 5, 4, 6, 3, 3, 2, 1, 1], Linear, true),
    ([3, 10, 7, 1, 1, 4, 1, 0, 0], LeakyRelu(0.2), true),
    ([1, 4, 3, 3, 3, 7, 1, 0, 0], Linear, false),
    ([9, 3, 2, 2, 3, 3, 1, 1, 0], Linear, true),
    ([1, 6, 6, 1, 1, 4, 2, 1, 0], Linear, true),
];

/// A bias from the picture that carries it through the checks.
fn bias(x: &[Tensor<4>], biased: bool) -> Option<Tensor<1>> {
    biased.then(|| x[2].clone().flatten(0, 3))
}

/// Random inputs of these shapes; filters are scaled so that outputs are of order 1.
fn inputs(shapes: [[usize; 4]; 3], fan: usize, device: &Device) -> [Tensor<4>; 3] {
    let [x, weight, bias] = shapes;
    [
        values(&x, 1, device),
        values(&weight, 2, device) / (fan as f32).sqrt(),
        values(&bias, 3, device),
    ]
}

pub(super) async fn check(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    // Both variants of the product, whatever the device is.
    let own = use_adapter(Adapter::Hardware);
    let tiled = convolutions(device, &CONVOLUTIONS[1..13]).await;
    use_adapter(Adapter::Software);
    let whole = convolutions(device, &CONVOLUTIONS).await;
    use_adapter(own);
    checks.extend(tiled?);
    checks.extend(whole?);
    let own = (use_adapter(Adapter::Software), use_direct(0));
    let direct = convolutions(device, &DIRECT).await;
    let entered = entries(device).await;
    use_adapter(own.0);
    use_direct(own.1);
    checks.extend(direct?);
    checks.extend(entered?);
    // The other of Winograd's transforms, and none.
    for how in [Winograd::Two, Winograd::Never] {
        let own = use_winograd(how);
        let cases = convolutions(device, &CONVOLUTIONS[..4]).await;
        use_winograd(own);
        checks.extend(cases?);
    }
    for (adapter, how) in [
        (Adapter::Software, Winograd::Four),
        (Adapter::Software, Winograd::Two),
        (Adapter::Hardware, Winograd::Never),
    ] {
        let own = (use_adapter(adapter), use_winograd(how));
        let found = entries(device).await;
        use_adapter(own.0);
        use_winograd(own.1);
        checks.extend(found?);
    }
    if knows_half(device) {
        checks.extend(halves(device).await?);
    }
    checks.extend(transposed(device).await?);
    checks.extend(upsampled(device).await?);
    checks.extend(norms(device).await?);
    checks.extend(layers(device).await?);
    Ok(checks)
}

async fn convolutions(device: &Device, cases: &[Convolution]) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    for &([b, i, o, h, w, k, stride, padding], mode, activation, biased) in cases {
        let options = ConvOptions {
            stride,
            padding,
            mode,
            activation,
        };
        let name = format!("conv2d {k}x{k}/{stride} {padding} {mode:?} {activation:?} {i}->{o}");
        let shapes = [[b, i, h, w], [o, i, k, k], [1, o, 1, 1]];
        let x = inputs(shapes, i * k * k, device);
        let all = &x[..2 + usize::from(biased)];
        let f = |x: &[Tensor<4>]| {
            let (x0, x1) = (x[0].clone(), x[1].clone());
            // Those without a bias take the other way in, with packed filters.
            let packed = (!biased).then(|| Packed::new(&x1, options, true));
            conv2d_packed(x0, x1, bias(x, biased), packed.as_ref(), options).flatten(0, 3)
        };
        let truth = |x: &[Tensor<4>]| {
            conv2d_reference(x[0].clone(), x[1].clone(), bias(x, biased), options).flatten(0, 3)
        };
        let winograd = k == 3 && stride == 1 && i.min(o) >= 8;
        let tolerance = if winograd { WINOGRAD } else { VALUE };
        let how = (tolerance, activation == Linear);
        checks.extend(differentiable(&name, all, &f, &truth, how).await?);
    }
    Ok(checks)
}

async fn transposed(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    for ([b, i, o, h, w, k, stride, padding, output_padding], activation, biased) in TRANSPOSED {
        let options = ConvTransposeOptions {
            stride,
            padding,
            output_padding,
            activation,
        };
        let name = format!("conv_transpose2d {k}x{k}/{stride} {padding} {activation:?} {i}->{o}");
        let shapes = [[b, i, h, w], [i, o, k, k], [1, o, 1, 1]];
        let x = inputs(shapes, i * k * k / (stride * stride), device);
        let all = &x[..2 + usize::from(biased)];
        let f = |x: &[Tensor<4>]| {
            let (x0, x1) = (x[0].clone(), x[1].clone());
            let packed = (!biased).then(|| Packed::transposed(&x1));
            conv_transpose2d_packed(x0, x1, bias(x, biased), packed.as_ref(), options).flatten(0, 3)
        };
        let truth = |x: &[Tensor<4>]| {
            let (x0, x1) = (x[0].clone(), x[1].clone());
            conv_transpose2d_reference(x0, x1, bias(x, biased), options).flatten(0, 3)
        };
        let how = (VALUE, activation == Linear);
        checks.extend(differentiable(&name, all, &f, &truth, how).await?);
    }
    Ok(checks)
}

async fn upsampled(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    for (mode, is_packed) in [Zeros, Reflect, Replicate]
        .into_iter()
        .flat_map(|mode| [(mode, false), (mode, true)])
    {
        let options = ConvOptions {
            mode,
            ..ConvOptions::default()
        };
        let x = inputs([[2, 3, 4, 3], [5, 3, 3, 3], [1, 5, 1, 1]], 27, device);
        let f = |x: &[Tensor<4>]| {
            let (x0, x1) = (x[0].clone(), x[1].clone());
            let packed = is_packed.then(|| Packed::upsampled(&x1));
            upsample_conv2d_packed(x0, x1, bias(x, true), packed.as_ref(), options).flatten(0, 3)
        };
        let truth = |x: &[Tensor<4>]| {
            let (x0, x1) = (x[0].clone(), x[1].clone());
            // Packed filters have no gradient.
            let x1 = if is_packed { x1.detach() } else { x1 };
            upsample_conv2d_reference(x0, x1, bias(x, true), options).flatten(0, 3)
        };
        let packed = if is_packed { " packed" } else { "" };
        let name = format!("upsample_conv2d {mode:?}{packed}");
        checks.extend(differentiable(&name, &x, &f, &truth, (VALUE, !is_packed)).await?);
    }
    Ok(checks)
}

/// Fully connected layers `[rows, in, out]`.
async fn layers(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let cases = [
        ([5, 2, 7], LeakyRelu(0.2)),
        ([33, 17, 1], Linear),
        ([1, 9, 6], Tanh),
        ([130, 5, 66], Relu),
    ];
    for ([rows, i, o], activation) in cases {
        let name = format!("dense {rows} {i}->{o} {activation:?}");
        let x = inputs([[1, 1, rows, i], [1, 1, o, i], [1, 1, 1, o]], i, device);
        let parts = move |x: &[Tensor<4>]| {
            let flat = |n: usize, dims: [usize; 2]| x[n].clone().reshape(dims);
            (
                flat(0, [rows, i]),
                flat(1, [o, i]),
                x[2].clone().flatten(0, 3),
            )
        };
        let f = |x: &[Tensor<4>]| {
            let (x, weight, bias) = parts(x);
            dense(x, weight, bias, activation).flatten(0, 1)
        };
        let truth = |x: &[Tensor<4>]| {
            let (x, weight, bias) = parts(x);
            dense_reference(x, weight, bias, activation).flatten(0, 1)
        };
        let how = (VALUE, activation == Linear);
        checks.extend(differentiable(&name, &x, &f, &truth, how).await?);
    }
    Ok(checks)
}

/// Statistics of one pixel have no variance and leave no gradient; the smallest set here has three values.
async fn norms(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let cases = [
        ([2, 5, 7, 3], Over::Instance, Tanh, true, true),
        ([1, 3, 33, 31], Over::Instance, Linear, false, false),
        ([3, 17, 1, 3], Over::Instance, LeakyRelu(0.2), false, true),
        ([3, 5, 4, 6], Over::Batch, Tanh, true, false),
        ([9, 18, 1, 1], Over::Batch, Linear, true, false),
        ([2, 4, 65, 9], Over::Batch, Relu, true, true),
    ];
    for (dims @ [_, c, _, _], over, activation, affine, residual) in cases {
        let options = NormOptions {
            over,
            epsilon: 1e-5,
            activation,
        };
        let side = [1, c, 1, 1];
        // A mean far from zero, as after a convolution with bias.
        let x = values(&dims, 1, device) + 2.0;
        let all = [
            x,
            values(&side, 2, device) + 1.5,
            values(&side, 3, device),
            values(&dims, 4, device),
        ];
        let parts = move |x: &[Tensor<4>]| {
            let side = |n: usize| x[n].clone().flatten(0, 3);
            let affine = affine.then(|| (side(1), side(2)));
            (x[0].clone(), affine, residual.then(|| x[3].clone()))
        };
        let joined = |(y, statistics): (Tensor<4>, Tensor<2>)| {
            Tensor::cat(vec![y.flatten(0, 3), statistics.flatten(0, 1)], 0)
        };
        let f = |x: &[Tensor<4>]| {
            let (x, affine, residual) = parts(x);
            joined(norm(x, affine, residual, options))
        };
        let truth = |x: &[Tensor<4>]| {
            let (x, affine, residual) = parts(x);
            joined(norm_reference(x, affine, residual, options))
        };
        let name = format!("norm {over:?} {activation:?}");
        checks.extend(differentiable(&name, &all, &f, &truth, (VALUE, false)).await?);
    }
    Ok(checks)
}

/// Every kernel with a half variant, on pictures and filters that f16 holds exactly.
async fn halves(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let own = (
        use_adapter(Adapter::Software),
        use_winograd(Winograd::Never),
    );
    for (adapter, how) in [
        (Adapter::Software, Winograd::Two),
        (Adapter::Hardware, Winograd::Never),
    ] {
        use_adapter(adapter);
        use_winograd(how);
        let found = halves_as(&format!("{adapter:?} {how:?}"), device).await;
        use_adapter(own.0);
        use_winograd(own.1);
        checks.extend(found?);
    }
    let own = (use_adapter(Adapter::Software), use_direct(0));
    let found = half_convolutions("direct", &DIRECT, device).await;
    use_adapter(own.0);
    use_direct(own.1);
    checks.extend(found?);
    Ok(checks)
}

fn short<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.cast(FloatDType::F16)
}

fn long<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.cast(FloatDType::F32)
}

fn exact(x: [Tensor<4>; 3]) -> [Tensor<4>; 3] {
    x.map(|x| long(short(x)))
}

async fn half(name: &str, ours: Tensor<4>, truth: Tensor<4>) -> Result<Check, Error> {
    let check = compare(format!("{name} f16"), long(ours), truth).await?;
    Ok(Check {
        tolerance: HALF,
        ..check
    })
}

async fn half_convolutions(
    variant: &str,
    cases: &[Convolution],
    device: &Device,
) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    for &([b, i, o, h, w, k, stride, padding], mode, activation, biased) in cases {
        let options = ConvOptions {
            stride,
            padding,
            mode,
            activation,
        };
        let shapes = [[b, i, h, w], [o, i, k, k], [1, o, 1, 1]];
        let x = exact(inputs(shapes, i * k * k, device));
        let add = || bias(&x, biased);
        let packed = (!biased).then(|| Packed::new(&x[1], options, false).half());
        let ours = conv2d_packed(
            short(x[0].clone()),
            x[1].clone(),
            add(),
            packed.as_ref(),
            options,
        );
        let truth = conv2d_reference(x[0].clone(), x[1].clone(), add(), options);
        let name = format!("conv2d {k}x{k}/{stride} {mode:?} {i}->{o} {variant}");
        checks.push(half(&name, ours, truth).await?);
    }
    Ok(checks)
}

async fn halves_as(variant: &str, device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = half_convolutions(variant, &CONVOLUTIONS, device).await?;
    let mut push = async |name: String, ours: Tensor<4>, truth: Tensor<4>| {
        checks.push(half(&format!("{name} {variant}"), ours, truth).await?);
        Ok::<_, Error>(())
    };
    for ([b, i, o, h, w, k, stride, padding, output_padding], activation, biased) in TRANSPOSED {
        let options = ConvTransposeOptions {
            stride,
            padding,
            output_padding,
            activation,
        };
        let shapes = [[b, i, h, w], [i, o, k, k], [1, o, 1, 1]];
        let x = exact(inputs(shapes, i * k * k / (stride * stride), device));
        let add = || bias(&x, biased);
        let packed = (!biased).then(|| Packed::transposed(&x[1]).half());
        let ours = conv_transpose2d_packed(
            short(x[0].clone()),
            x[1].clone(),
            add(),
            packed.as_ref(),
            options,
        );
        let truth = conv_transpose2d_reference(x[0].clone(), x[1].clone(), add(), options);
        let name = format!("conv_transpose2d {k}x{k}/{stride} {i}->{o}");
        push(name, ours, truth).await?;
    }
    for mode in [Zeros, Reflect] {
        let options = ConvOptions {
            mode,
            ..ConvOptions::default()
        };
        let x = exact(inputs(
            [[2, 3, 4, 3], [5, 3, 3, 3], [1, 5, 1, 1]],
            27,
            device,
        ));
        let packed = Packed::upsampled(&x[1]).half();
        let add = || bias(&x, true);
        let (x0, x1) = (x[0].clone(), x[1].clone());
        let ours =
            upsample_conv2d_packed(short(x0.clone()), x1.clone(), add(), Some(&packed), options);
        let truth = upsample_conv2d_reference(x0, x1, add(), options);
        push(format!("upsample_conv2d {mode:?}"), ours, truth).await?;
    }
    for (dims @ [_, c, _, _], activation, whole) in [
        ([2, 5, 7, 3], Tanh, true),
        ([1, 3, 33, 31], Linear, false),
        ([3, 17, 1, 3], LeakyRelu(0.2), true),
    ] {
        let options = NormOptions {
            over: Over::Instance,
            epsilon: 1e-5,
            activation,
        };
        let x = long(short(values(&dims, 1, device) + 2.0));
        let residual = whole.then(|| long(short(values(&dims, 4, device))));
        let side = |seed| values(&[c], seed, device) + 1.5;
        let affine = || whole.then(|| (side(2), side(3)));
        let (ours, _) = norm(
            short(x.clone()),
            affine(),
            residual.clone().map(short),
            options,
        );
        let (truth, _) = norm_reference(x, affine(), residual, options);
        push(format!("norm {activation:?} {dims:?}"), ours, truth).await?;
    }
    Ok(checks)
}

/// Every kernel that can normalise what it reads, and the scales by which.
async fn entries(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let entry = |[b, i, h, w]: [usize; 4], affine: bool, activation: Activation| {
        let x = values(&[b, i, h, w], 5, device) + 0.5;
        let side = |seed| values(&[i], seed, device) + 1.5;
        let sides = || affine.then(|| (side(6), side(7)));
        let statistics = norm_statistics_reference(x.clone());
        let truth = norm_scales_of_reference(statistics.clone(), sides(), 1e-5);
        let both = [
            norm_scales(x.clone(), sides(), 1e-5),
            norm_scales_of(statistics, sides(), 1e-5),
        ];
        let entry = Entry {
            x,
            scales: truth.clone(),
            slope: activation.slope().unwrap_or(1.0),
        };
        (entry, both, truth)
    };
    let activations = [Relu, Linear, LeakyRelu(0.2)];
    for (n, ([b, i, o, h, w, k, stride, padding], mode, activation, biased)) in
        CONVOLUTIONS.into_iter().enumerate()
    {
        let before = activations[n % 3];
        let (entry, scales, truth) = entry([b, i, h, w], biased, before);
        for (how, ours) in ["", " of statistics"].into_iter().zip(scales) {
            let name = format!("norm_scales{how} {b}x{i} {h}x{w}");
            checks.push(compare(name, ours, truth.clone()).await?);
        }
        let options = ConvOptions {
            stride,
            padding,
            mode,
            activation,
        };
        let x = inputs(
            [[1, 1, 1, 1], [o, i, k, k], [1, o, 1, 1]],
            i * k * k,
            device,
        );
        let add = || bias(&x, biased);
        let weight = || x[1].clone();
        let ours = conv2d_entered(entry.clone(), weight(), add(), None, options);
        let truth = conv2d_reference(entry.reference(), weight(), add(), options);
        let name = format!("conv2d after {before:?} {k}x{k}/{stride} {padding} {mode:?} {i}->{o}");
        let check = compare(name, ours, truth).await?;
        let winograd = k == 3 && stride == 1 && i.min(o) >= 8;
        let tolerance = if winograd { WINOGRAD } else { VALUE };
        checks.push(Check { tolerance, ..check });
    }
    for (n, ([b, i, o, h, w, k, stride, padding, output_padding], activation, biased)) in
        TRANSPOSED.into_iter().enumerate()
    {
        let before = activations[n % 3];
        let (entry, ..) = entry([b, i, h, w], biased, before);
        let options = ConvTransposeOptions {
            stride,
            padding,
            output_padding,
            activation,
        };
        let shapes = [[1, 1, 1, 1], [i, o, k, k], [1, o, 1, 1]];
        let x = inputs(shapes, i * k * k / (stride * stride), device);
        let add = || bias(&x, biased);
        let weight = || x[1].clone();
        let ours = conv_transpose2d_entered(entry.clone(), weight(), add(), None, options);
        let truth = conv_transpose2d_reference(entry.reference(), weight(), add(), options);
        let name = format!("conv_transpose2d after {before:?} {k}x{k}/{stride} {i}->{o}");
        checks.push(compare(name, ours, truth).await?);
    }
    Ok(checks)
}
