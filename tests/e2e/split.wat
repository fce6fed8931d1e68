;; A plugin that asks for no signal and splits traffic, 70 to 30 hundredths: the second range reads
;; another hero.
;;
;; The manifest's record is at 0; then the slot, its variants and the ranges; what `render` returns from
;; 256 on; strings from 512 on.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\02\00\00\05\00\00\00" "\00\02\00\00\01\00\00\00" "\40\00\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00" "\a0\00\00\00\02\00\00\00")
  (data (i32.const 64) "\05\02\00\00\04\00\00\00" "\80\00\00\00\02\00\00\00" "\00\00\00\00")
  (data (i32.const 128) "\09\02\00\00\01\00\00\00" "\0a\02\00\00\01\00\00\00")
  (data (i32.const 160) "\46\1e")
  (data (i32.const 264) "\40\01\00\00\01\00\00\00")
  (data (i32.const 320) "\00\00\00\00" "\0b\02\00\00\05\00\00\00" "\10\02\00\00\14\00\00\00")
  (data (i32.const 512) "splitheroab#hero<h1>Second part</h1>")
  (func (export "cloakroom:personalizer/plugin@0.1.0#describe") (result i32) i32.const 0)
  (func (export "cloakroom:personalizer/plugin@0.1.0#decide") (param i32 i32 i32 i32 i32 i32) (result i32)
    (i32.eq (local.get 5) (i32.const 1)))
  (func (export "cloakroom:personalizer/plugin@0.1.0#render") (param i32 i32) (result i32)
    (i32.add (i32.const 256) (i32.mul (local.get 1) (i32.const 8)))))
