// winograd_output for F(2x2, 3x3), with bias and activation: Y = act(Aᵀ M A + b), two by two pixels of a tile.
// activation: 0 none, 1 max(y, 0), 2 leaky with slope, 3 tanh. One invocation per tile and output channel,
// id.x + id.y fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the output
    across: u32, down: u32,                 // tiles of an image
    first: u32, count: u32, row: u32,       // tiles of all images: where they begin, how many, rounded up
    rows: u32,                              // output channels, rounded up
    biased: u32, activation: u32, slope: f32,
    fold: u32,                              // invocations of a line of the grid
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> m: array<Value>;  // [16, rows, row]
@group(0) @binding(1) var<storage, read_write> bias: array<f32>; // [O], or anything if not biased
@group(0) @binding(2) var<storage, read_write> y: array<Value>;  // [B, O, H, W]
@group(0) @binding(3) var<storage, read_write> params: Params;

fn act(y: vec4<f32>) -> vec4<f32> {
    switch params.activation {
        case 1u: { return max(y, vec4(0.0)); }
        case 2u: { return select(params.slope * y, y, y > vec4(0.0)); }
        // tanh overflows on some adapters far from zero.
        case 3u: { return tanh(clamp(y, vec4(-15.0), vec4(15.0))); }
        default: { return y; }
    }
}

// A row of M times A: its four values as two of the output.
fn line(at: u32, step: u32) -> vec2<f32> {
    let m0 = f32(m[at]);
    let m1 = f32(m[at + step]);
    let m2 = f32(m[at + 2u * step]);
    let m3 = f32(m[at + 3u * step]);
    return vec2(m0 + m1 + m2, m1 - m2 - m3);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x + id.y * params.fold;
    let c = index / params.count;
    let tile = index - c * params.count;
    if (c >= params.channels) { return; }
    let t = params.first + tile;
    let across = params.across;
    let each = across * params.down;
    let b = t / each;
    let down = (t - b * each) / across;
    let y0 = down * 2u;
    let x0 = (t - b * each - down * across) * 2u;
    let step = params.rows * params.row;
    let at = c * params.row + tile;
    let l0 = line(at, step);
    let l1 = line(at + 4u * step, step);
    let l2 = line(at + 8u * step, step);
    let l3 = line(at + 12u * step, step);
    var value = vec4(l0 + l1 + l2, l1 - l2 - l3);
    if (params.biased == 1u) { value += bias[c]; }
    let s = act(value);
    let width = params.width;
    let to = (b * params.channels + c) * params.height * width + y0 * width + x0;
    let right = x0 + 1u < width;
    let low = y0 + 1u < params.height;
    y[to] = Value(s.x);
    if (right) { y[to + 1u] = Value(s.y); }
    if (low) { y[to + width] = Value(s.z); }
    if (right && low) { y[to + width + 1u] = Value(s.w); }
}
