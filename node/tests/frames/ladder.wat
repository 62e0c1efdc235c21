;; Calls the address in its calldata with the same calldata, and counts the frames above it.
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $read_args (i32.const 0))
    ;; The word at 100 is 0 unless the call succeeds.
    (if (i32.eqz (call $call (i32.const 12) (i32.const 0) (local.get $len) (i32.const 200) (i64.const -1) (i32.const 300)))
      (then (drop (call $read_return_data (i32.const 100) (i32.const 0) (i32.const 32)))))
    ;; One more than what came back: the two low bytes, big-endian.
    (i32.store8 (i32.const 131) (i32.add (i32.load8_u (i32.const 131)) (i32.const 1)))
    (if (i32.eqz (i32.load8_u (i32.const 131)))
      (then (i32.store8 (i32.const 130) (i32.add (i32.load8_u (i32.const 130)) (i32.const 1)))))
    (call $write_result (i32.const 100) (i32.const 32))
    (i32.const 0)))
