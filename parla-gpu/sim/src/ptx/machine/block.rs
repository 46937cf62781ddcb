//! One block: its threads in turn, warp by warp, until all have ended.

use super::Launch;
use super::barrier::Barriers;
use super::context::Context;
use super::grid::{Progress, coordinates};
use super::memory::{Memory, UNWRITTEN};
use super::step::{Stop, TURN, advance};
use super::thread::{State, Thread};
use crate::ptx::code::BarrierAction;
use crate::ptx::fault::{Fault, FaultKind};

pub(super) const WARP: usize = 32;

/// Runs blocks, one after the other, in the same memory.
pub(super) struct Worker<'l> {
    pub(super) launch: &'l Launch<'l>,
    progress: &'l Progress,
    index: u32,
    pub(super) threads: Vec<Thread>,
    /// What each thread does.
    pub(super) states: Vec<State>,
    /// How many have not ended.
    pub(super) live: usize,
    memory: Memory<'l>,
    pub(super) barriers: Barriers,
    /// Of all blocks so far.
    steps: u64,
    counted_steps: u64,
}

/// A thread that can't go on, and why.
pub(super) type Failed = (usize, Box<FaultKind>);

impl<'l> Worker<'l> {
    pub(super) fn new(launch: &'l Launch<'l>, progress: &'l Progress, index: u32) -> Self {
        let threads = launch.block.iter().map(|extent| *extent as usize).product();
        let mut worker = Self {
            launch,
            progress,
            index,
            threads: Vec::new(),
            states: vec![State::Ready; threads],
            live: 0,
            memory: Memory::new(launch),
            barriers: Barriers::default(),
            steps: 0,
            counted_steps: 0,
        };
        worker.threads.resize_with(threads, Thread::default);
        worker
    }

    /// Runs one block to its end.
    pub(super) fn run(&mut self, block: [u32; 3]) -> Result<(), Fault> {
        self.run_threads(block).map_err(|(index, kind)| Fault {
            kernel: self.launch.kernel.name.clone(),
            block,
            thread: coordinates(index as u64, self.launch.block),
            line: self.line(index),
            kind: *kind,
        })
    }

    fn run_threads(&mut self, block: [u32; 3]) -> Result<(), Failed> {
        self.memory.shared.clear();
        self.memory
            .shared
            .resize(self.launch.shared_bytes() as usize, UNWRITTEN);
        self.barriers = Barriers::default();
        self.states.fill(State::Ready);
        self.live = self.threads.len();
        let function = self.launch.kernel.function as u32;
        for index in 0..self.threads.len() {
            let context = self.context(block, index);
            self.threads[index]
                .begin(function, context.beginning(function), |special| {
                    context.special(special)
                })
                .map_err(|fault| (index, fault))?;
        }
        while self.live > 0 {
            let mut progress = false;
            for first in (0..self.threads.len()).step_by(WARP) {
                progress |= self.run_warp(block, first)?;
                progress |= self.open_barriers();
            }
            if !progress && self.live > 0 {
                return Err(self.deadlock());
            }
        }
        self.count_steps().map_err(|fault| (0, Box::new(fault)))
    }

    /// Gives each thread of a warp its turn, and again for as long as they wait for each other alone.
    fn run_warp(&mut self, block: [u32; 3], first: usize) -> Result<bool, Failed> {
        let end = self.threads.len().min(first + WARP);
        let begin = self.steps;
        let mut progress = false;
        loop {
            let mut collectives = false;
            for index in first..end {
                if self.states[index] == State::Ready {
                    progress = true;
                    self.run_thread(block, index)
                        .map_err(|fault| (index, fault))?;
                }
                collectives |= matches!(self.states[index], State::Collective(_));
            }
            if !collectives || !self.run_collectives(first, end)? {
                return Ok(progress);
            }
            progress = true;
            // They may wait for what another warp writes.
            if self.steps - begin >= TURN {
                return Ok(progress);
            }
        }
    }

    fn run_thread(&mut self, block: [u32; 3], index: usize) -> Result<(), Box<FaultKind>> {
        loop {
            let context = self.context(block, index);
            let thread = &mut self.threads[index];
            let stop = advance(thread, &mut self.memory, &context, &mut self.steps)?;
            let function = context.function(thread.frame().function);
            // Threads that keep waiting for each other never use up a turn.
            if self.steps - self.counted_steps >= TURN || stop == Stop::Turn {
                self.count_steps()?;
            }
            match stop {
                Stop::Exit => {
                    self.states[index] = State::Exited;
                    self.live -= 1;
                }
                Stop::Turn => {}
                Stop::Collective(collective) => {
                    self.states[index] = State::Collective(collective);
                }
                Stop::Barrier(barrier) => {
                    let arrival = function.barriers[barrier as usize];
                    let id = self.arrive(index, &arrival)?;
                    if matches!(arrival.action, BarrierAction::Arrive) {
                        continue;
                    }
                    self.states[index] = State::Barrier { index: barrier, id };
                }
            }
            return Ok(());
        }
    }

    fn count_steps(&mut self) -> Result<(), FaultKind> {
        let steps = self.steps - self.counted_steps;
        self.counted_steps = self.steps;
        if Launch::is_stopped(self.progress) {
            return Err(FaultKind::Cancelled);
        }
        self.launch.count(self.progress, steps)
    }

    fn context(&self, block: [u32; 3], index: usize) -> Context<'l> {
        Context {
            launch: self.launch,
            block,
            thread: index as u32,
            worker: self.index,
        }
    }

    /// The line of a thread's last step.
    pub(super) fn line(&self, index: usize) -> u32 {
        let Some(frame) = self.threads[index].frames.last() else {
            return 0;
        };
        let function = &self.launch.instance.module.functions[frame.function as usize];
        function
            .lines
            .get((frame.step as usize).saturating_sub(1))
            .copied()
            .unwrap_or(0)
    }

    /// The value in a slot of a thread's running frame.
    pub(super) fn slot(&self, thread: usize, slot: u32) -> u64 {
        let thread = &self.threads[thread];
        thread.registers[(thread.frame().base + slot) as usize]
    }

    pub(super) fn set_slot(&mut self, thread: usize, slot: u32, value: u64) {
        let thread = &mut self.threads[thread];
        let base = thread.frame().base;
        thread.registers[(base + slot) as usize] = value;
    }

    /// What the first of those who wait waits for, and what the others do.
    fn deadlock(&self) -> Failed {
        let waiting = self
            .states
            .iter()
            .position(|state| *state != State::Exited)
            .unwrap_or(0);
        let mut what = match self.states[waiting] {
            State::Barrier { id, .. } => self.describe_barrier(id),
            _ => self.describe_collective(waiting),
        };
        let exited = self.states.len() - self.live;
        if exited > 0 {
            what += &format!("; {exited} threads have exited");
        }
        let elsewhere = self.states.iter().enumerate().find(|(index, state)| {
            **state != State::Exited && self.line(*index) != self.line(waiting)
        });
        if let Some((index, _)) = elsewhere {
            let [x, y, z] = coordinates(index as u64, self.launch.block);
            what += &format!("; thread ({x},{y},{z}) waits in line {}", self.line(index));
        }
        (waiting, Box::new(FaultKind::Deadlock(what)))
    }
}
