"""Maneja una figura en el navegador como lo haría un lector, y lee lo que ve."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

Colour = tuple[int, ...]  # rojo, verde, azul y opacidad


class Figure:
    """La figura número ``position`` de una página, con ``rows`` × ``columns`` celdas dibujadas."""

    def __init__(self, page: Page, rows: int, columns: int, position: int = 0, drawing: int = 0) -> None:
        """``drawing`` elige el dibujo en las vistas que tienen varios."""
        self.page, self.rows, self.columns = page, rows, columns
        self.root: Locator = page.locator(".atencion-map").nth(position)
        self.cells = self.root.locator(".am-cells").nth(drawing)
        self.stage = self.root.locator(".am-stage").nth(drawing)

    @property
    def spread(self) -> str:
        return self.root.locator(".am-spread").inner_text()

    @property
    def reading(self) -> str:
        return self.root.locator(".am-reading").inner_text()

    def _point(self, row: int, column: int, at: float = 0.5) -> dict[str, float]:
        box = self.cells.bounding_box()
        assert box is not None
        return {"x": (column + at) * box["width"] / self.columns, "y": (row + at) * box["height"] / self.rows}

    def hover(self, row: int, column: int) -> None:
        self.cells.hover(position=self._point(row, column), force=True)

    def click(self, row: int, column: int) -> None:
        self.cells.click(position=self._point(row, column), force=True)

    def tap(self, row: int, column: int) -> None:
        self.cells.tap(position=self._point(row, column), force=True)

    def _pixels(self, x: float, y: float, width: float, height: float) -> set[Colour]:
        """Los colores distintos de un trozo del lienzo, en píxeles CSS; lee de una copia para no alterarlo."""
        found = self.cells.evaluate(
            """(canvas, [x, y, width, height]) => {
              const scale = canvas.width / canvas.offsetWidth;
              const copy = new OffscreenCanvas(width * scale, height * scale);
              const pen = copy.getContext("2d", { willReadFrequently: true });
              pen.drawImage(canvas, -x * scale, -y * scale);
              const { data } = pen.getImageData(0, 0, copy.width, copy.height);
              const colours = new Set();
              for (let k = 0; k < data.length; k += 4) colours.add(data.slice(k, k + 4).join());
              return [...colours];
            }""",
            [x, y, width, height],
        )
        return {tuple(map(int, colour.split(","))) for colour in found}

    def colours(self, row: int, column: int) -> set[Colour]:
        """Los colores de la esquina superior izquierda de una celda (donde no llegan los números)."""
        point = self._point(row, column, at=0.1)
        return self._pixels(point["x"], point["y"], 6, 6)

    def all_colours(self) -> set[Colour]:
        box = self.cells.bounding_box()
        assert box is not None
        return self._pixels(0, 0, box["width"], box["height"])

    def colour(self, row: int, column: int) -> Colour:
        """El color de una celda lisa."""
        found = self.colours(row, column)
        assert len(found) == 1, f"la celda ({row}, {column}) tiene varios colores: {found}"
        return found.pop()[:3]

    def open(self, view: str) -> None:
        self.root.get_by_role("group", name="Vista").get_by_role("button", name=view).click()

    @property
    def view(self) -> str:
        return self.root.locator(".am-views [aria-pressed=true]").inner_text()

    def slide(self, name: str, value: int) -> None:
        self.root.get_by_role("slider", name=name).fill(str(value))

    def explore(self) -> Locator:
        """Abre el panel de explorar y espera al núcleo."""
        self.root.get_by_role("button", name="Explorar").click()
        panel = self.root.get_by_role("group", name="Explorar")
        panel.get_by_role("button", name="Restablecer").wait_for()
        return panel

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def table(self) -> list[list[str]]:
        """El texto de la tabla, fila a fila."""
        read = "table => [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText))"
        return self.root.locator(".am-table table").evaluate(read)
