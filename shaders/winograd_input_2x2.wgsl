// winograd_input for F(2x2, 3x3): V[k] = (Bᵀ d B)[k] of every 4x4 patch d, k = 0..16. Padding is in the index arithmetic:
// mode 0 zeros, 1 reflect, 2 replicate. If entered, x is first x scale + shift of its plane, negative numbers times slope.
// One invocation per tile and channel, id.x + id.y fold.
struct Params {
    channels: u32, height: u32, width: u32, // of the input
    across: u32, down: u32,                 // tiles of an image
    first: u32, count: u32, row: u32,       // tiles of all images: where they begin, how many, rounded up
    padding: u32, mode: u32, fold: u32,     // fold: invocations of a line of the grid
    entered: u32, slope: f32,
}

alias Value = f32; // f16 in the half variant
@group(0) @binding(0) var<storage, read_write> x: array<Value>; // [B, C, H, W]
@group(0) @binding(1) var<storage, read_write> scales: array<f32>; // [2, B C], or anything if not entered
@group(0) @binding(2) var<storage, read_write> v: array<Value>; // [16, C, row]
@group(0) @binding(3) var<storage, read_write> params: Params;

// Where coordinates q of the padded picture lie in one of n pixels, and whether they do.
struct Place { at: vec4<i32>, inside: vec4<bool> }

fn place(q: vec4<i32>, n: i32, mode: u32) -> Place {
    let mirrored = n - 1 - abs(n - 1 - abs(q));
    let wanted = select(q, mirrored, mode == 1u);
    let at = clamp(wanted, vec4(0), vec4(n - 1));
    return Place(at, (at == wanted) | vec4(mode != 0u));
}

// Bᵀ on the four pixels of a line. Without branches: neighbours at a border and inside would take both.
fn line(row: u32, exists: bool, column: Place, by: vec2<f32>) -> vec4<f32> {
    let at = row + vec4<u32>(column.at);
    let found = vec4(f32(x[at.x]), f32(x[at.y]), f32(x[at.z]), f32(x[at.w]));
    let y = found * by.x + by.y;
    let d = select(vec4(0.0), max(y, y * params.slope), column.inside & vec4(exists));
    return vec4(d.x - d.z, d.y + d.z, d.z - d.y, d.y - d.w);
}

// One row of the result.
fn write(at: u32, step: u32, s: vec4<f32>) {
    v[at] = Value(s.x);
    v[at + step] = Value(s.y);
    v[at + 2u * step] = Value(s.z);
    v[at + 3u * step] = Value(s.w);
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
    let steps = vec4(0, 1, 2, 3);
    let mode = params.mode;
    let width = params.width;
    let line_of = place(i32(down * 2u) - i32(params.padding) + steps, i32(params.height), mode);
    let column = place(i32((t - b * each - down * across) * 2u) - i32(params.padding) + steps, i32(width), mode);
    let plane = b * params.channels + c;
    let row = plane * params.height * width + vec4<u32>(line_of.at) * width;
    var by = vec2(1.0, 0.0);
    if (params.entered > 0u) { by = vec2(scales[plane], scales[params.entered + plane]); }
    let l0 = line(row.x, line_of.inside.x, column, by);
    let l1 = line(row.y, line_of.inside.y, column, by);
    let l2 = line(row.z, line_of.inside.z, column, by);
    let l3 = line(row.w, line_of.inside.w, column, by);
    let step = params.channels * params.row;
    let at = c * params.row + tile;
    write(at, step, l0 - l2);
    write(at + 4u * step, step, l1 + l2);
    write(at + 8u * step, step, l2 - l1);
    write(at + 12u * step, step, l1 - l3);
}
