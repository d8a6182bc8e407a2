from collections.abc import Callable

from torch import Tensor

# Las funciones de cada mecanismo: «ida» es (*inputs, *options, threads) → salidas, y «vuelta»,
# (grads, outputs, needs, *inputs, *options, threads) → gradientes. Los tipos los fija ops/_library.Operation.
_Function = Callable[..., tuple[Tensor | None, ...]]

def available_kernels() -> list[str]: ...
def active_kernel() -> str: ...
def use_kernel(name: str) -> bool: ...
def route(arguments: tuple[object, ...], tensors: int, inputs: int, /) -> int: ...

dot_product_forward: _Function
dot_product_backward: _Function
additive_forward: _Function
additive_backward: _Function
attention_flow_forward: _Function
attention_flow_backward: _Function
attention_over_attention_forward: _Function
attention_over_attention_backward: _Function
coattention_forward: _Function
coattention_backward: _Function
graph_forward: _Function
graph_backward: _Function
sparse_forward: _Function
sparse_backward: _Function
linear_forward: _Function
linear_backward: _Function
merge_forward: _Function
merge_backward: _Function
key_value_predict_forward: _Function
key_value_predict_backward: _Function
memory_forward: _Function
memory_backward: _Function
pointer_forward: _Function
pointer_backward: _Function
word_by_word_forward: _Function
word_by_word_backward: _Function
