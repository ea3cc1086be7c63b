// The end of a transposed convolution by matrix product: y[b, o, y, x] = act(bias[o] + sum of M[(o k + i) k + j, (b, u, v)])
// over all taps (i, j) and input pixels (u, v) with y = u s + i - padding, x = v s + j - padding. Gathers: no atomics.
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation per (output pixel, channel, image) of a piece
// whose columns are the input pixels from start on.
struct Params {
    channels: u32, height: u32, width: u32, // of the output
    across: u32, down: u32,                 // input pixels of an image
    kernel: u32, stride: u32, padding: u32,
    columns: u32, start: u32,
    first: u32, image: u32, images: u32,    // output channel of M's first row; the first image
    begin: u32, end: u32, fold: u32,        // output pixels of an image; invocations of a line of the grid
    biased: u32, activation: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> m: array<Value>;  // [O k k, columns]
@group(0) @binding(1) var<storage, read_write> bias: array<f32>; // [O], or anything if not biased
@group(0) @binding(2) var<storage, read_write> y: array<Value>;  // [B, O, H, W]
@group(0) @binding(3) var<storage, read_write> params: Params;

fn act(y: f32) -> f32 {
    switch params.activation {
        case 1u: { return max(y, 0.0); }
        case 2u: { return select(params.slope * y, y, y > 0.0); }
        // tanh overflows on some adapters far from zero.
        case 3u: { return tanh(clamp(y, -15.0, 15.0)); }
        default: { return y; }
    }
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixels = params.height * params.width;
    // The grid's third axis counts images, and lines of the grid beyond the first.
    let pixel = params.begin + id.x + id.z / params.images * params.fold;
    let image = params.image + id.z % params.images;
    if (pixel >= params.end) { return; }
    let py = pixel / params.width + params.padding;
    let px = pixel % params.width + params.padding;
    let s = params.stride;
    let k = params.kernel;
    let base = image * params.across * params.down - params.start;
    var sum = 0.0;
    // The taps that meet this pixel begin at its remainder by the stride and lie a stride apart.
    for (var i = py % s; i < k && i <= py; i += s) {
        let u = (py - i) / s;
        if (u >= params.down) { continue; }
        for (var j = px % s; j < k && j <= px; j += s) {
            let v = (px - j) / s;
            if (v < params.across) {
                sum += f32(m[((id.y * k + i) * k + j) * params.columns + base + u * params.across + v]);
            }
        }
    }
    let o = params.first + id.y;
    if (params.biased == 1u) { sum += bias[o]; }
    y[(image * params.channels + o) * pixels + pixel] = Value(act(sum));
}
