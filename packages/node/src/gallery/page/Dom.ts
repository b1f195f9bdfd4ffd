/** Elements made without a parser of HTML: what is given as text stays text. */

/** Makes an element; a child that is a string becomes text. */
export const make = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: ReadonlyArray<Node | string>
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** A button with a text of its own. */
export const button = (text: string, className: string, onClick: () => void): HTMLButtonElement => {
  const element = make("button", { type: "button", class: className }, text)
  element.addEventListener("click", onClick)
  return element
}

/** A button whose look is its style's, with a name for those who do not see it. */
export const icon = (label: string, className: string, onClick: () => void): HTMLButtonElement => {
  const element = make("button", { type: "button", class: `icon ${className}`, "aria-label": label, title: label })
  element.addEventListener("click", onClick)
  return element
}
