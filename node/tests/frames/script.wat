;; A program that does what its calldata say: commands of one byte of code, two of length, and a payload.
;; What they give is appended to the result.
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "return_data_size" (func $return_data_size (result i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (import "vm_hooks" "msg_sender" (func $sender (param i32)))
  (import "vm_hooks" "contract_address" (func $address (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (import "vm_hooks" "tx_gas_price" (func $gas_price (param i32)))
  (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
  (memory (export "memory") 1 1)
  (global $out (mut i32) (i32.const 0x8000))
  (func $status (param $status i32) (local $n i32)
    (i32.store8 (global.get $out) (local.get $status))
    (global.set $out (i32.add (global.get $out) (i32.const 1)))
    (local.set $n (call $return_data_size))
    (drop (call $read_return_data (global.get $out) (i32.const 0) (local.get $n)))
    (call $advance (local.get $n)))
  (func $advance (param $n i32)
    (global.set $out (i32.add (global.get $out) (local.get $n))))
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $p i32) (local $op i32) (local $n i32)
    (call $read_args (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $len)))
        (local.set $op (i32.load8_u (local.get $p)))
        (local.set $n
          (i32.or
            (i32.shl (i32.load8_u (i32.add (local.get $p) (i32.const 1))) (i32.const 8))
            (i32.load8_u (i32.add (local.get $p) (i32.const 2)))))
        (local.set $p (i32.add (local.get $p) (i32.const 3)))
        ;; 0: call; address, value, data
        (if (i32.eq (local.get $op) (i32.const 0))
          (then
            (call $status
              (call $call
                (local.get $p)
                (i32.add (local.get $p) (i32.const 52))
                (i32.sub (local.get $n) (i32.const 52))
                (i32.add (local.get $p) (i32.const 20))
                (i64.const -1)
                (i32.const 0x7f00)))))
        ;; 1: delegatecall; address, data
        (if (i32.eq (local.get $op) (i32.const 1))
          (then
            (call $status
              (call $delegate
                (local.get $p)
                (i32.add (local.get $p) (i32.const 20))
                (i32.sub (local.get $n) (i32.const 20))
                (i64.const -1)
                (i32.const 0x7f00)))))
        ;; 2: staticcall; address, data
        (if (i32.eq (local.get $op) (i32.const 2))
          (then
            (call $status
              (call $static
                (local.get $p)
                (i32.add (local.get $p) (i32.const 20))
                (i32.sub (local.get $n) (i32.const 20))
                (i64.const -1)
                (i32.const 0x7f00)))))
        ;; 3: store; key, value
        (if (i32.eq (local.get $op) (i32.const 3))
          (then
            (call $cache (local.get $p) (i32.add (local.get $p) (i32.const 32)))
            (call $flush (i32.const 1))))
        ;; 4: load; key
        (if (i32.eq (local.get $op) (i32.const 4))
          (then
            (call $load (local.get $p) (global.get $out))
            (call $advance (i32.const 32))))
        ;; 5: log without topics; data
        (if (i32.eq (local.get $op) (i32.const 5))
          (then (call $log (local.get $p) (local.get $n) (i32.const 0))))
        ;; 6: whether this is a reentry
        (if (i32.eq (local.get $op) (i32.const 6))
          (then
            (i32.store8 (global.get $out) (call $reentrant))
            (call $advance (i32.const 1))))
        ;; 7: revert; data
        (if (i32.eq (local.get $op) (i32.const 7))
          (then
            (call $write_result (local.get $p) (local.get $n))
            (return (i32.const 1))))
        ;; 8: trap
        (if (i32.eq (local.get $op) (i32.const 8)) (then (unreachable)))
        ;; 9: transient store; key, value
        (if (i32.eq (local.get $op) (i32.const 9))
          (then (call $tstore (local.get $p) (i32.add (local.get $p) (i32.const 32)))))
        ;; 10: transient load; key
        (if (i32.eq (local.get $op) (i32.const 10))
          (then
            (call $tload (local.get $p) (global.get $out))
            (call $advance (i32.const 32))))
        ;; 11: sender, address, value
        (if (i32.eq (local.get $op) (i32.const 11))
          (then
            (call $sender (global.get $out))
            (call $advance (i32.const 20))
            (call $address (global.get $out))
            (call $advance (i32.const 20))
            (call $value (global.get $out))
            (call $advance (i32.const 32))))
        ;; 12: gas price
        (if (i32.eq (local.get $op) (i32.const 12))
          (then
            (call $gas_price (global.get $out))
            (call $advance (i32.const 32))))
        ;; 13: create; init code
        (if (i32.eq (local.get $op) (i32.const 13))
          (then
            (call $create (local.get $p) (local.get $n) (i32.const 0x7e00) (global.get $out) (i32.const 0x7f00))
            (call $advance (i32.const 20))))
        ;; 14: balance; address
        (if (i32.eq (local.get $op) (i32.const 14))
          (then
            (call $balance (local.get $p) (global.get $out))
            (call $advance (i32.const 32))))
        ;; 15: spin until there is no ink
        (if (i32.eq (local.get $op) (i32.const 15)) (then (loop $forever (br $forever))))
        (local.set $p (i32.add (local.get $p) (local.get $n)))
        (br $next)))
    (call $write_result (i32.const 0x8000) (i32.sub (global.get $out) (i32.const 0x8000)))
    (i32.const 0)))
