//! The instructions of a pickle that build dictionaries of PyTorch's tensors. Any other instruction and any other name is
//! refused, and nothing is run. All that is built lies in lists, so that nothing is as deep as a hostile file wants it.

use std::collections::BTreeMap;

use safetensors::tensor::Dtype;

/// The longest pickle, in bytes: one of 4,096 tensors has 800 KB.
const MAX_PICKLE: usize = 2 << 20;
/// The most dimensions of a tensor.
const MAX_DIMENSIONS: usize = 8;
/// How deep dictionaries may lie in each other, and how many entries are looked at.
const MAX_DEPTH: usize = 4;
const MAX_ENTRIES: usize = 1 << 15;

/// A tensor as the pickle describes it. Nothing of it is held against its storage yet.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    /// Names the file with the numbers.
    pub storage: &'a str,
    /// Of its numbers.
    pub dtype: Dtype,
    /// Its first number in the storage.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// Numbers from one to the next along each dimension.
    pub strides: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    /// What counts for nothing here: none, truth, a fraction, an attribute.
    Other,
    Integer(i64),
    Text(&'a str),
    /// A tuple or a list, by its number.
    Items(usize),
    /// By its number.
    Dictionary(usize),
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    StorageType(Dtype),
    /// `(file, type of number)`
    Storage(&'a str, Dtype),
    /// By its number.
    Tensor(usize),
}

#[derive(Default)]
struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    items: Vec<Vec<Value<'a>>>,
    dictionaries: Vec<Vec<(Value<'a>, Value<'a>)>>,
    tensors: Vec<View<'a>>,
}

/// The tensors by name in the order of the file; those in dictionaries of dictionaries have the names joined by points.
///
/// # Errors
/// What is in the way.
pub(super) fn tensors(bytes: &[u8]) -> Result<Vec<(String, View<'_>)>, String> {
    if bytes.len() > MAX_PICKLE {
        let length = bytes.len();
        return Err(format!(
            "its pickle has {length} bytes; at most {MAX_PICKLE} are read"
        ));
    }
    let mut machine = Machine {
        bytes,
        ..Machine::default()
    };
    let Value::Dictionary(root) = machine.run()? else {
        return Err("it is no dictionary of tensors".into());
    };
    let (mut found, mut left) = (Vec::new(), MAX_ENTRIES);
    machine.flatten(root, "", MAX_DEPTH, &mut left, &mut found)?;
    Ok(found)
}

fn cut() -> String {
    "its pickle is cut off or broken".into()
}

/// A name that the pickle refers to.
fn global<'a>(module: &str, name: &str) -> Result<Value<'a>, String> {
    Ok(match (module, name) {
        ("collections", "OrderedDict") => Value::OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2") => Value::RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => Value::RebuildParameter,
        ("torch", "FloatStorage") => Value::StorageType(Dtype::F32),
        ("torch", "HalfStorage") => Value::StorageType(Dtype::F16),
        ("torch", "BFloat16Storage") => Value::StorageType(Dtype::BF16),
        ("torch", "DoubleStorage") => Value::StorageType(Dtype::F64),
        ("torch", "LongStorage") => Value::StorageType(Dtype::I64),
        ("torch", "IntStorage") => Value::StorageType(Dtype::I32),
        ("torch", "ShortStorage") => Value::StorageType(Dtype::I16),
        ("torch", "CharStorage") => Value::StorageType(Dtype::I8),
        ("torch", "ByteStorage") => Value::StorageType(Dtype::U8),
        ("torch", "BoolStorage") => Value::StorageType(Dtype::BOOL),
        _ => {
            return Err(format!(
                "it refers to {}.{}, which is no part of a state dict; save net.state_dict()",
                module.escape_default(),
                name.escape_default()
            ));
        }
    })
}

impl<'a> Machine<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).ok_or_else(cut)?;
        let taken = self.bytes.get(self.at..end).ok_or_else(cut)?;
        self.at = end;
        Ok(taken)
    }

    /// An unsigned number of so many bytes, at most 4.
    fn number(&mut self, count: usize) -> Result<u32, String> {
        let bytes = self.take(count)?.iter().rev();
        Ok(bytes.fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    fn text(&mut self, count: usize) -> Result<&'a str, String> {
        str::from_utf8(self.take(count)?).map_err(|_| cut())
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| *b == b'\n').ok_or_else(cut)?;
        let line = self.text(length)?;
        self.at += 1;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Value<'a>, String> {
        // What lies below a mark belongs to what is built after it.
        let low = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= low {
            return Err(cut());
        }
        self.stack.pop().ok_or_else(cut)
    }

    /// Everything above the last mark.
    fn marked(&mut self) -> Result<Vec<Value<'a>>, String> {
        let mark = self.marks.pop().ok_or_else(cut)?;
        if mark > self.stack.len() {
            return Err(cut());
        }
        Ok(self.stack.split_off(mark))
    }

    fn push_items(&mut self, items: Vec<Value<'a>>) {
        self.stack.push(Value::Items(self.items.len()));
        self.items.push(items);
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value<'a>>, String> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(self.pop()?);
        }
        taken.reverse();
        Ok(taken)
    }

    fn run(&mut self) -> Result<Value<'a>, String> {
        loop {
            let code = self.take(1)?[0];
            match code {
                // Protocol; the instructions are the same up to 3.
                0x80 => drop(self.take(1)?),
                b'.' => return self.pop(),
                b'(' => self.marks.push(self.stack.len()),
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    self.stack.push(global(module, name)?);
                }
                b'q' => self.remember(1)?,
                b'r' => self.remember(4)?,
                b'h' => self.recall(1)?,
                b'j' => self.recall(4)?,
                b'N' | 0x88 | 0x89 => self.stack.push(Value::Other),
                b'G' => {
                    self.take(8)?;
                    self.stack.push(Value::Other);
                }
                b'J' => {
                    let value = self.number(4)?.cast_signed();
                    self.stack.push(Value::Integer(value.into()));
                }
                b'K' | b'M' => {
                    let value = self.number(usize::from(code == b'M') + 1)?;
                    self.stack.push(Value::Integer(value.into()));
                }
                0x8a => {
                    let value = self.long()?;
                    self.stack.push(value);
                }
                b'X' => {
                    let length = self.number(4)? as usize;
                    let text = self.text(length)?;
                    self.stack.push(Value::Text(text));
                }
                b')' | b']' => self.push_items(Vec::new()),
                b't' => {
                    let items = self.marked()?;
                    self.push_items(items);
                }
                0x85..=0x87 => {
                    let items = self.last(usize::from(code - 0x84))?;
                    self.push_items(items);
                }
                b'}' => self.push_dictionary(),
                b'a' => {
                    let items = self.last(1)?;
                    self.append(items)?;
                }
                b'e' => {
                    let items = self.marked()?;
                    self.append(items)?;
                }
                b's' => {
                    let pair = self.last(2)?;
                    self.set(&pair)?;
                }
                b'u' => {
                    let pairs = self.marked()?;
                    self.set(&pairs)?;
                }
                // Attributes: of a state dict, the versions of its modules.
                b'b' => drop(self.pop()?),
                b'Q' => {
                    let id = self.pop()?;
                    let storage = self.storage(id)?;
                    self.stack.push(storage);
                }
                b'R' => {
                    let arguments = self.pop()?;
                    let function = self.pop()?;
                    self.reduce(function, arguments)?;
                }
                other => {
                    return Err(format!(
                        "its pickle has the instruction {other:#04x}, which no state dict needs"
                    ));
                }
            }
        }
    }

    fn remember(&mut self, count: usize) -> Result<(), String> {
        let (key, value) = (self.number(count)?, *self.stack.last().ok_or_else(cut)?);
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, count: usize) -> Result<(), String> {
        let key = self.number(count)?;
        self.stack.push(*self.memo.get(&key).ok_or_else(cut)?);
        Ok(())
    }

    /// A whole number of up to 8 bytes; a longer one is none that is used.
    fn long(&mut self) -> Result<Value<'a>, String> {
        let count = self.number(1)? as usize;
        let bytes = self.take(count)?;
        if count > 8 {
            return Ok(Value::Other);
        }
        let sign = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut all = [if sign { 0xff } else { 0 }; 8];
        all[..count].copy_from_slice(bytes);
        Ok(Value::Integer(i64::from_le_bytes(all)))
    }

    fn push_dictionary(&mut self) {
        self.stack.push(Value::Dictionary(self.dictionaries.len()));
        self.dictionaries.push(Vec::new());
    }

    /// To the list on top.
    fn append(&mut self, items: Vec<Value<'a>>) -> Result<(), String> {
        let Some(Value::Items(list)) = self.stack.last() else {
            return Err(cut());
        };
        self.items[*list].extend(items);
        Ok(())
    }

    /// Keys and values in turn, into the dictionary on top.
    fn set(&mut self, pairs: &[Value<'a>]) -> Result<(), String> {
        let (pairs, rest) = pairs.as_chunks::<2>();
        let Some(Value::Dictionary(dictionary)) = self.stack.last() else {
            return Err(cut());
        };
        if !rest.is_empty() {
            return Err(cut());
        }
        self.dictionaries[*dictionary].extend(pairs.iter().map(|[key, value]| (*key, *value)));
        Ok(())
    }

    fn listed(&self, value: Value<'a>) -> Result<&[Value<'a>], String> {
        match value {
            Value::Items(items) => Ok(&self.items[items]),
            _ => Err(cut()),
        }
    }

    /// `("storage", type, file, device, count)`: the count is the file's own length.
    fn storage(&self, id: Value<'a>) -> Result<Value<'a>, String> {
        let [
            Value::Text("storage"),
            Value::StorageType(dtype),
            Value::Text(file),
            ..,
        ] = self.listed(id)?
        else {
            return Err("it refers to something outside that is no storage".into());
        };
        Ok(Value::Storage(file, *dtype))
    }

    fn reduce(&mut self, function: Value<'a>, arguments: Value<'a>) -> Result<(), String> {
        let arguments = self.listed(arguments)?;
        match (function, arguments) {
            (Value::OrderedDict, []) => self.push_dictionary(),
            (Value::RebuildParameter, [tensor @ Value::Tensor(_), ..]) => {
                let tensor = *tensor;
                self.stack.push(tensor);
            }
            (
                Value::RebuildTensor,
                [Value::Storage(storage, dtype), offset, shape, strides, ..],
            ) => {
                let sizes = |value: &Value<'a>| -> Result<Vec<usize>, String> {
                    let items = self.listed(*value)?;
                    if items.len() > MAX_DIMENSIONS {
                        return Err(format!("a tensor of {} dimensions", items.len()));
                    }
                    items.iter().map(size).collect()
                };
                let view = View {
                    storage,
                    dtype: *dtype,
                    offset: size(offset)?,
                    shape: sizes(shape)?,
                    strides: sizes(strides)?,
                };
                if view.shape.len() != view.strides.len() {
                    return Err(cut());
                }
                self.stack.push(Value::Tensor(self.tensors.len()));
                self.tensors.push(view);
            }
            _ => return Err(cut()),
        }
        Ok(())
    }

    fn flatten(
        &self,
        dictionary: usize,
        before: &str,
        depth: usize,
        left: &mut usize,
        found: &mut Vec<(String, View<'a>)>,
    ) -> Result<(), String> {
        for (key, value) in &self.dictionaries[dictionary] {
            *left = left.checked_sub(1).ok_or("it has too many entries")?;
            let name = match key {
                Value::Text(text) => format!("{before}{text}"),
                Value::Integer(number) => format!("{before}{number}"),
                _ => continue,
            };
            if name.len() > 256 {
                return Err("it has a name of more than 256 bytes".into());
            }
            match value {
                Value::Tensor(tensor) => found.push((name, self.tensors[*tensor].clone())),
                Value::Dictionary(inner) if depth > 0 => {
                    self.flatten(*inner, &format!("{name}."), depth - 1, left, found)?;
                }
                Value::Dictionary(_) => return Err("its dictionaries lie too deep".into()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn size(value: &Value<'_>) -> Result<usize, String> {
    match value {
        Value::Integer(number) => usize::try_from(*number).map_err(|_| cut()),
        _ => Err(cut()),
    }
}
