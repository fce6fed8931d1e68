//! The functions of a rule plugin: plain branch code over ids, without memory, loops or calls.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use crate::layout::Layout;
use crate::lower::{Decision, Program, Test};

/// Parameters of `decide`, before its locals: the cell's five ids and the bucket range.
pub(crate) const CELL_FIELDS: u32 = 6;

/// `describe() -> address`.
pub(crate) fn describe(layout: &Layout) -> Function {
    let mut function = Function::new([]);
    function.instructions().i32_const(address(layout.manifest)).end();
    function
}

/// `render(slot, variant) -> address`: the address of the variant's list of edits.
pub(crate) fn render(program: &Program<'_>, layout: &Layout) -> Function {
    let mut function = Function::new([]);
    let mut sink = function.instructions();
    for ((slot, decision), lists) in (0..).zip(&program.slots).zip(&layout.edits) {
        sink.local_get(0).i32_const(slot).i32_eq();
        sink.local_get(1).i32_const(small(decision.slot.variants.len())).i32_lt_u().i32_and();
        sink.if_(BlockType::Empty);
        sink.local_get(1).i32_const(3).i32_shl().i32_const(address(*lists)).i32_add().return_();
        sink.end();
    }
    sink.unreachable().end();
    function
}

/// `decide(ids…, bucket) -> choice`: the variants of the slots as the digits of one number.
pub(crate) fn decide(program: &Program<'_>) -> Function {
    let mut function = Function::new([(1, ValType::I32)]);
    let choice = CELL_FIELDS;
    let mut sink = function.instructions();
    for decision in &program.slots {
        sink.local_get(choice).i32_const(small(decision.slot.variants.len())).i32_mul();
        digit(decision, program, &mut sink);
        sink.i32_add().local_set(choice);
    }
    sink.local_get(choice).end();
    function
}

/// Leaves the position of a slot's variant on the stack.
fn digit(decision: &Decision<'_>, program: &Program<'_>, sink: &mut InstructionSink<'_>) {
    sink.block(BlockType::Result(ValType::I32));
    for case in &decision.cases {
        test(&case.when, program, sink);
        sink.if_(BlockType::Empty);
        for pick in &case.picks {
            sink.i32_const(small(pick.variant));
            test(&pick.when, program, sink);
            sink.br_if(1).drop();
        }
        sink.end();
    }
    sink.i32_const(small(decision.default)).end();
}

/// Leaves 1 on the stack if the test holds, else 0.
fn test(test_: &Test, program: &Program<'_>, sink: &mut InstructionSink<'_>) {
    match test_ {
        Test::In { axis, ids } => {
            contains(*axis, ids, program.ids(*axis), sink);
        }
        Test::And(parts) => {
            join(parts, program, sink, |sink| {
                sink.i32_and();
            });
            if parts.is_empty() {
                sink.i32_const(1);
            }
        }
        Test::Or(parts) => {
            join(parts, program, sink, |sink| {
                sink.i32_or();
            });
            if parts.is_empty() {
                sink.i32_const(0);
            }
        }
    }
}

fn join(
    parts: &[Test],
    program: &Program<'_>,
    sink: &mut InstructionSink<'_>,
    with: impl Fn(&mut InstructionSink<'_>),
) {
    for (position, part) in parts.iter().enumerate() {
        test(part, program, sink);
        if position > 0 {
            with(sink);
        }
    }
}

/// Leaves 1 on the stack if the id in local `axis` is one of `ids`.
fn contains(axis: usize, ids: &[u8], count: u32, sink: &mut InstructionSink<'_>) {
    let local = u32::try_from(axis).unwrap_or(0);
    match ids {
        [] => {
            sink.i32_const(0);
        }
        [id] => {
            sink.local_get(local).i32_const(i32::from(*id)).i32_eq();
        }
        // Few enough ids for one word: bit `id` of a constant.
        _ if count <= 64 => {
            let mask = ids.iter().fold(0_u64, |mask, id| mask | 1_u64.wrapping_shl(u32::from(*id)));
            sink.i64_const(mask.cast_signed()).local_get(local).i64_extend_i32_u().i64_shr_u();
            sink.i32_wrap_i64().i32_const(1).i32_and();
        }
        _ => {
            for (position, (first, length)) in runs(ids).into_iter().enumerate() {
                sink.local_get(local).i32_const(i32::from(first)).i32_sub();
                sink.i32_const(i32::from(length)).i32_lt_u();
                if position > 0 {
                    sink.i32_or();
                }
            }
        }
    }
}

/// Ascending ids as runs of neighbours: the first, and how many.
fn runs(ids: &[u8]) -> Vec<(u8, u16)> {
    let mut runs: Vec<(u8, u16)> = Vec::new();
    for id in ids {
        match runs.last_mut() {
            Some((first, length)) if u16::from(*first) + *length == u16::from(*id) => *length += 1,
            _ => runs.push((*id, 1)),
        }
    }
    runs
}

fn address(address: u32) -> i32 {
    address.cast_signed()
}

/// Positions and counts are bounded by the contract, far below the limit.
fn small(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
