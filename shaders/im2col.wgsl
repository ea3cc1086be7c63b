// The pixels under each tap of a convolution's window: for the output pixel t = (b, y, x), V at ((c k + i) k + j) of one
// axis and t of the other is pad(x)[b, c, y s + i, x s + j]; steps say which axis is which. Padding is in the index
// arithmetic: mode 0 zeros, 1 reflect, 2 replicate. Pixels past the last one are 0. If entered, x is first x scale + shift
// of its plane, negative numbers times slope.
// One invocation per output pixel (id.x + id.z fold) and four channels (id.y), without branches and four taps at a time:
// neighbours at a border and inside would take both branches.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    across: u32, down: u32,                 // output pixels of an image
    kernel: u32, stride: u32, padding: u32, mode: u32,
    first: u32, end: u32, count: u32,       // output pixels: where they begin and end, and how many are written
    tap_step: u32, pixel_step: u32,         // from one to the next in the result
    fold: u32,                              // invocations of a line of the grid
    entered: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>; // [B, C, H, W]
@group(0) @binding(1) var<storage, read_write> scales: array<f32>; // [2, B C], or anything if not entered
@group(0) @binding(2) var<storage, read_write> v: array<Value>; // [C k k, pixels] or [pixels, C k k]
@group(0) @binding(3) var<storage, read_write> params: Params;

// Where coordinates q of the padded picture lie in one of n pixels, and whether they do.
struct Place { at: vec4<i32>, inside: vec4<bool> }

fn place(q: vec4<i32>, n: i32, mode: u32) -> Place {
    let mirrored = n - 1 - abs(n - 1 - abs(q));
    let wanted = select(q, mirrored, mode == 1u);
    let at = clamp(wanted, vec4(0), vec4(n - 1));
    return Place(at, (at == wanted) | vec4(mode != 0u));
}

fn put(at: u32, step: u32, source: vec4<u32>, inside: vec4<bool>, taps: u32, by: vec2<f32>) {
    let y = vec4(f32(x[source.x]), f32(x[source.y]), f32(x[source.z]), f32(x[source.w])) * by.x + by.y;
    let value = select(vec4(0.0), max(y, y * params.slope), inside);
    v[at] = Value(value.x);
    if (taps > 1u) { v[at + step] = Value(value.y); }
    if (taps > 2u) { v[at + 2u * step] = Value(value.z); }
    if (taps > 3u) { v[at + 3u * step] = Value(value.w); }
}

// Scale and shift of a plane.
fn of_plane(plane: u32) -> vec2<f32> {
    if (params.entered == 0u) { return vec2(1.0, 0.0); }
    // Channels past the last are asked for and not used.
    let at = min(plane, params.entered - 1u);
    return vec2(scales[at], scales[params.entered + at]);
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixel = id.x + id.z * params.fold;
    if (pixel >= params.count) { return; }
    let c = id.y * 4u;
    let channels = params.channels - c;
    let t = params.first + pixel;
    // Remainders by subtraction: integers divide slowly.
    let across = params.across;
    let each = across * params.down;
    let b = t / each;
    let line = (t - b * each) / across;
    let y = i32(line * params.stride) - i32(params.padding);
    let q = vec4(i32((t - b * each - line * across) * params.stride) - i32(params.padding)) + vec4(0, 1, 2, 3);
    let width = params.width;
    let plane = params.height * width;
    let first = b * params.channels + c;
    let base = first * plane;
    let by0 = of_plane(first);
    let by1 = of_plane(first + 1u);
    let by2 = of_plane(first + 2u);
    let by3 = of_plane(first + 3u);
    let k = params.kernel;
    let mode = params.mode;
    let step = params.tap_step;
    let next = k * k * step;
    let exists = vec4(t < params.end);
    var at = c * next + pixel * params.pixel_step;
    for (var i = 0u; i < k; i += 1u) {
        let down = place(vec4(y + i32(i)), i32(params.height), mode);
        let start = base + u32(down.at.x) * width;
        for (var j = 0u; j < k; j += 4u) {
            let column = place(q + i32(j), i32(width), mode);
            let source = start + vec4<u32>(column.at);
            let inside = column.inside & down.inside & exists;
            let taps = min(4u, k - j);
            put(at, step, source, inside, taps, by0);
            if (channels > 1u) { put(at + next, step, source + plane, inside, taps, by1); }
            if (channels > 2u) { put(at + 2u * next, step, source + 2u * plane, inside, taps, by2); }
            if (channels > 3u) { put(at + 3u * next, step, source + 3u * plane, inside, taps, by3); }
            at += taps * step;
        }
    }
}
