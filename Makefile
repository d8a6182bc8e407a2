# Órdenes de «La atención por dentro». «make» a secas las lista.
#
# Cada paso deja un sello cuyo nombre lleva la huella de lo que usa (requirements.txt, ext/, book/…). Si el sello existe,
# el paso no se repite; si algo cambió, la huella es otra. Así da igual qué fecha tengan los archivos de un clon.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := ayuda

PYTHON ?= python3
INDICE_TORCH ?=
VENV := .venv
BIN := $(VENV)/bin

# huella(rutas): resumen del contenido de esas rutas, sin lo que generan las herramientas
huella = $(shell find $(1) -type f -not -path '*/__pycache__/*' -not -path '*.egg-info/*' \
	-not -path '*/.ipynb_checkpoints/*' -not -name '*.so' 2>/dev/null \
	| LC_ALL=C sort | xargs -r sha256sum | sha256sum | cut -c1-12)

FUENTES_PAQUETE := ext setup.py pyproject.toml MANIFEST.in requirements.txt
FUENTES_LIBRO := book _config.yml _toc.yml

SELLO_DEPENDENCIAS := $(VENV)/.dependencias-$(call huella,requirements.txt)
SELLO_PAQUETE := $(VENV)/.paquete-$(call huella,$(FUENTES_PAQUETE))
SELLO_WASM := $(VENV)/.wasm-$(call huella,tools/requirements_wasm.txt)
SELLO_EJECUCION := _build/.ejecucion-$(call huella,$(FUENTES_PAQUETE))
SELLO_LIBRO := _build/.libro-$(call huella,$(FUENTES_PAQUETE) $(FUENTES_LIBRO))

.PHONY: ayuda entorno libro pruebas sanear estilo medir wasm limpiar

ayuda:  ## muestra esta lista
	@echo "La atención por dentro. Órdenes:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo
	@echo "Variables: PYTHON=$(PYTHON) (3.11 o posterior), INDICE_TORCH= (índice de donde tomar torch para CPU)"

entorno: $(SELLO_PAQUETE)  ## crea .venv, instala lo necesario y compila el núcleo
	@echo "Entorno listo: $(CURDIR)/$(VENV)"

libro: $(SELLO_LIBRO)  ## ejecuta los capítulos y construye las páginas en _build/html
	@echo "Libro listo: abre $(CURDIR)/_build/html/index.html en tu navegador."

pruebas: estilo $(SELLO_LIBRO) $(SELLO_WASM)  ## revisa el estilo, construye el libro y pasa todas las pruebas
	$(BIN)/python -m pytest --cov=atencion --cov-report=term:skip-covered

sanear: $(SELLO_DEPENDENCIAS)  ## pasa las pruebas del núcleo con los vigilantes de memoria del compilador
	$(BIN)/python tools/sanitize.py

estilo: $(SELLO_PAQUETE)  ## revisa formato, tipos y cuadernos sin tocar nada
	$(BIN)/pre-commit run --all-files --show-diff-on-failure

medir: $(SELLO_PAQUETE)  ## compara la velocidad del núcleo con la atención de torch
	$(BIN)/python bench/table.py

wasm: $(SELLO_WASM)  ## compila el núcleo de la página con ziglang, si cambió ext/core
	$(BIN)/python tools/build_wasm.py

limpiar:  ## borra lo construido y las cachés; deja .venv
	rm -rf _build build ext/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find book ext tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Falta Python 3.11 o posterior. En Debian o Ubuntu: sudo apt install python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Hace falta Python 3.11 o posterior y $(PYTHON) es más antiguo. Prueba con: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Falta el módulo venv de Python. En Debian o Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(SELLO_DEPENDENCIAS): | $(VENV)/bin/python
	@echo "Instalo las dependencias de requirements.txt (la primera vez tarda varios minutos)…"
	$(BIN)/python -m pip install --quiet $(if $(INDICE_TORCH),--extra-index-url $(INDICE_TORCH)) -r requirements.txt
	rm -f $(VENV)/.dependencias-*
	touch $@

$(SELLO_WASM): | $(VENV)/bin/python
	@echo "Instalo el compilador del núcleo de la página (ziglang)…"
	$(BIN)/python -m pip install --quiet -r tools/requirements_wasm.txt
	rm -f $(VENV)/.wasm-*
	touch $@

$(SELLO_PAQUETE): $(SELLO_DEPENDENCIAS)
	@command -v $${CXX:-c++} >/dev/null || { \
	  echo "Falta un compilador de C++. En Debian o Ubuntu: sudo apt install g++"; exit 1; }
	@$(BIN)/python -c 'import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())' || { \
	  echo "Faltan las cabeceras de Python. En Debian o Ubuntu: sudo apt install python3-dev"; exit 1; }
	@echo "Compilo el núcleo e instalo el paquete «atencion»…"
	rm -rf build/lib* build/bdist*
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
	$(BIN)/python -m pip check
	rm -f $(VENV)/.paquete-*
	touch $@

# jupyter-cache solo mira los cuadernos: si cambia el paquete, se vacía para que ninguna figura quede vieja.
$(SELLO_EJECUCION): $(SELLO_PAQUETE)
	rm -rf _build
	mkdir -p _build
	touch $@

$(SELLO_LIBRO): $(SELLO_EJECUCION)
	rm -rf _build/html _build/.doctrees
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter-book build . -W -n --keep-going
	rm -f _build/.libro-*
	touch $@
